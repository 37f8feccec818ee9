(function (Img2Stl) {
    "use strict";

    const SCRIPT = "plugin/img2stl/static/vendor/three-viewer.min.js";

    // asked beforehand, because three.js complains loudly
    const hasWebGl = function () {
        const context = document.createElement("canvas").getContext("webgl2");
        const loser = context && context.getExtension("WEBGL_lose_context");
        if (loser) loser.loseContext();
        return !!context;
    };

    Img2Stl.Viewer = function (root) {
        const self = this;
        let scene = null;
        let latest = null;
        let loading = null;

        self.mode = ko.observable("idle"); // idle, loading, ready, flat
        self.hasPreview = ko.observable(false);
        self.isFlat = ko.pureComputed(() => self.mode() === "flat");
        self.isReady = ko.pureComputed(() => self.mode() === "ready");

        const host = () => document.getElementById("img2stl_viewer_host");
        const flat = () => document.getElementById("img2stl_viewer_flat");

        const load = function () {
            if (loading) return loading;
            if (!hasWebGl()) {
                self.mode("flat");
                loading = $.Deferred().resolve();
                return loading;
            }
            self.mode("loading");
            loading = $.ajax({
                url: BASEURL + SCRIPT,
                dataType: "script",
                cache: true
            }).then(
                function () {
                    try {
                        scene = new Img2Stl.Scene(window.IMG2STL_THREE, host());
                        self.mode("ready");
                    } catch (error) {
                        log.info("Photo to print: no 3D view here:", error);
                        self.mode("flat");
                    }
                },
                function () {
                    // tried again with the next preview
                    loading = null;
                    self.mode("flat");
                    return $.Deferred().resolve();
                }
            );
            return loading;
        };

        const update = function () {
            if (!latest) return;
            if (scene) {
                scene.label(latest.label);
                scene.show(latest);
            } else if (self.isFlat() && flat()) {
                Img2Stl.drawHeights(flat(), latest.preview, latest.backlit);
            }
        };

        self.show = function (preview, backlit, label) {
            latest = {
                preview: preview,
                backlit: backlit,
                label: label,
                machine: root.machine()
            };
            self.hasPreview(true);
            load().then(update);
        };
        self.clear = function () {
            latest = null;
            self.hasPreview(false);
        };
        self.reset = function () {
            if (scene) scene.reset();
        };
        self.closer = function () {
            if (scene) scene.zoom(1 / 1.25);
        };
        self.farther = function () {
            if (scene) scene.zoom(1.25);
        };
    };
})(window.Img2Stl);
