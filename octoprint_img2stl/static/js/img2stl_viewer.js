(function (Img2Stl) {
    "use strict";

    const SCRIPT = "plugin/img2stl/static/vendor/three-viewer.min.js";

    // asked beforehand, because three.js complains loudly
    const hasWebGl = _.once(function () {
        const context = document.createElement("canvas").getContext("webgl2");
        const loser = context && context.getExtension("WEBGL_lose_context");
        if (loser) loser.loseContext();
        return !!context;
    });

    // three.js once it is there, or null where there is no 3D
    let loadingThree = null;
    Img2Stl.loadThree = function () {
        if (!hasWebGl()) return $.Deferred().resolve(null);
        loadingThree =
            loadingThree ||
            $.ajax({url: BASEURL + SCRIPT, dataType: "script", cache: true}).then(
                () => window.IMG2STL_THREE,
                function () {
                    // tried again with the next preview
                    loadingThree = null;
                    return $.Deferred().resolve(null);
                }
            );
        return loadingThree;
    };

    Img2Stl.Viewer = function (root) {
        const self = this;
        let scene = null;
        let overlay = null;
        let latest = null;
        let refused = false; // a scene, once and for all

        self.mode = ko.observable("idle"); // idle, loading, ready, flat
        self.hasPreview = ko.observable(false);
        self.isFlat = ko.pureComputed(() => self.mode() === "flat");
        self.isReady = ko.pureComputed(() => self.mode() === "ready");
        self.isBack = ko.observable(false);

        const host = () => document.getElementById("img2stl_viewer_host");
        const flat = () => document.getElementById("img2stl_viewer_flat");

        const load = function () {
            overlay =
                overlay ||
                new Img2Stl.Overlay(document.getElementById("img2stl_viewer_overlay"));
            if (self.mode() === "idle") self.mode("loading");
            return Img2Stl.loadThree().then(function (THREE) {
                if (scene || refused) return;
                scene = THREE && Img2Stl.tryScene(THREE, host(), overlay);
                refused = !!THREE && !scene;
                self.mode(scene ? "ready" : "flat");
            });
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
            latest = $.extend(
                {
                    machine: root.machine(),
                    poseOf: (back) => Img2Stl.pose(what.upright, back),
                    lightOf: (pose) => Img2Stl.lightFor(pose, what.upright)
                },
                what
            );
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
