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
        let overlay = null;
        let latest = null;
        let loading = null;

        self.mode = ko.observable("idle"); // idle, loading, ready, flat
        self.hasPreview = ko.observable(false);
        self.isFlat = ko.pureComputed(() => self.mode() === "flat");
        self.isReady = ko.pureComputed(() => self.mode() === "ready");
        self.isBack = ko.observable(false);

        const host = () => document.getElementById("img2stl_viewer_host");
        const flat = () => document.getElementById("img2stl_viewer_flat");

        const load = function () {
            if (loading) return loading;
            overlay =
                overlay ||
                new Img2Stl.Overlay(document.getElementById("img2stl_viewer_overlay"));
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
                        scene = new Img2Stl.Scene(window.IMG2STL_THREE, host(), overlay);
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
            latest.back = self.isBack();
            if (scene) {
                scene.label(latest.label);
                scene.show(latest);
            } else if (self.isFlat() && flat()) {
                flat().setAttribute("aria-label", latest.label);
                Img2Stl.drawFlat(flat(), latest, overlay);
            }
        };

        // what: {preview, mesh, backlit, transmission, upright, form, label}; form: what looks
        // alike, so that the camera stays
        self.show = function (what) {
            if (latest && latest.form !== what.form) self.isBack(false);
            latest = $.extend({machine: root.machine()}, what);
            self.hasPreview(true);
            // at once where it can be: a promise would wait for the next turn
            if (scene) {
                update();
            } else {
                load().then(update);
            }
        };
        self.clear = function () {
            latest = null;
            self.hasPreview(false);
            self.isBack(false);
        };

        const look = function (back) {
            self.isBack(back);
            if (scene) {
                scene.reset(back);
            } else {
                update();
            }
        };
        self.turnAround = () => look(!self.isBack());
        self.reset = () => look(false);
        self.closer = function () {
            if (scene) scene.zoom(1 / 1.25);
        };
        self.farther = function () {
            if (scene) scene.zoom(1.25);
        };
    };
})(window.Img2Stl);
