(function (Img2Stl) {
    "use strict";

    const CLICK_PX = 6; // a pointer that moved farther has turned the mesh
    const TURN_DEG = 15; // of a key, without WebGL
    const CLOSER = 3; // at most, without WebGL

    const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

    // The box around a mesh that stands on z = 0 about x = y = 0, mm.
    const sizeOf = function (mesh) {
        const most = [0, 0, 0];
        mesh.vertices.forEach((value, k) => {
            const far = k % 3 === 2 ? value : 2 * Math.abs(value);
            if (far > most[k % 3]) most[k % 3] = far;
        });
        return most;
    };

    // A mesh on the printer's bed, coloured by what was found on it; on a page there may be
    // several. The template img2stl_meshview draws it.
    //
    // options: {id: unique on the page}
    Img2Stl.MeshView = function (root, options) {
        const self = this;
        self.id = options.id;

        self.mode = ko.observable("idle"); // idle, loading, ready, flat
        self.hasMesh = ko.observable(false);
        self.isReady = ko.pureComputed(() => self.mode() === "ready");
        self.isFlat = ko.pureComputed(() => self.mode() === "flat");
        self.isSeen = ko.pureComputed(
            () => self.hasMesh() && (self.isReady() || self.isFlat())
        );
        self.isBack = ko.observable(false);
        self.isBusy = ko.observable(false);
        self.isPicking = ko.observable(false);
        self.waiting = ko.observable("");
        self.bit = ko.observable(null); // of the finding that is shown

        let parts = null; // the elements, once the template was drawn
        let scene = null;
        let refused = false;
        let overlay = null;
        let latest = null;
        let painting = null;
        let place = null; // that is looked at
        // the same without WebGL
        let flatPose = null;
        let flatZoom = 1;
        let flatView = null;

        //~~ drawing

        const load = function () {
            if (self.mode() === "idle") self.mode("loading");
            return Img2Stl.loadThree().then(function (THREE) {
                if (scene || refused || !parts) return;
                scene = THREE && Img2Stl.tryScene(THREE, parts.host, overlay);
                refused = !!THREE && !scene;
                self.mode(scene ? "ready" : "flat");
                if (scene) listen(scene.canvas);
            });
        };
        const update = function () {
            if (!latest || !parts) return;
            const what = $.extend(
                {
                    preview: {size: latest.whole},
                    mesh: latest.mesh,
                    machine: latest.machine || root.machine(),
                    form: latest.form,
                    back: self.isBack(),
                    colors: painting.colors,
                    ghost: painting.ghost,
                    place: place
                },
                Img2Stl.poseFor(latest.whole)
            );
            if (scene) {
                scene.label(label());
                scene.show(what);
            } else if (self.isFlat()) {
                parts.flat.setAttribute("aria-label", label());
                what.pose = flatPose;
                what.closer = flatZoom;
                if (place) what.about = place.centre;
                flatView = Img2Stl.drawFlat(parts.flat, what, overlay);
            }
        };
        const label = function () {
            if (latest.label) return latest.label;
            return _.sprintf(
                gettext(
                    "3D view of the model, %(size)s. Arrow keys turn it, plus and minus zoom, Home resets."
                ),
                {size: Img2Stl.size(latest.whole)}
            );
        };
        const paint = function () {
            const {mesh, findings} = latest;
            const bit = self.bit();
            painting = Img2Stl.paint(mesh.faces.length / 3, mesh.flags, findings, bit);
            const shown = findings.find((finding) => finding.bit === bit);
            if (bit !== null && shown) {
                painting.ghost = {
                    corners: Img2Stl.cornersOf(latest.corners, painting.faces),
                    color: Img2Stl.findingColor(shown.severity)
                };
            }
            legend(painting.present);
        };

        //~~ what is to be seen

        // what: {mesh, size, whole, machine, findings, form, label}; whole: the size of all
        // copies; findings: [{severity, bit}]; form: while it stays, so does the camera
        self.show = function (what) {
            const bare = typeof what.mesh.vertices === "string";
            const mesh = bare ? Img2Stl.decodeMesh(what.mesh) : what.mesh;
            const again = !!latest && latest.form === what.form;
            latest = {
                mesh: mesh,
                corners: Img2Stl.corners(mesh),
                whole: what.whole || sizeOf(mesh),
                machine: what.machine,
                findings: what.findings || [],
                form: what.form,
                label: what.label,
                regions: null
            };
            if (!again) {
                self.isBack(false);
                straighten();
            }
            if (!latest.findings.some((finding) => finding.bit === self.bit())) {
                self.bit(null);
                place = null;
            }
            paint();
            self.hasMesh(true);
            refresh();
        };
        const refresh = function () {
            if (!latest || !parts) return;
            if (scene) {
                update();
            } else {
                load().then(update);
            }
        };
        self.clear = function () {
            self.pick(null);
            latest = painting = null;
            straighten();
            self.bit(null);
            self.isBack(false);
            self.hasMesh(false);
            legend([]);
        };

        // shows one finding strongly and the rest pale; null: all by their severity
        self.colourBy = function (bit) {
            const wanted = bit === undefined ? null : bit;
            if (wanted === self.bit()) return;
            self.bit(wanted);
            if (!latest) return;
            paint();
            if (!place) update();
        };
        // turns the camera to {centre, normal, radius}; null forgets the place, not the view
        self.lookAt = function (target) {
            if (!latest) return;
            place = target || null;
            if (place) {
                const across = Math.hypot.apply(null, latest.whole) / 2;
                flatPose = Img2Stl.poseToward(place.normal, pose());
                flatZoom = clamp(across / (2 * place.radius || 1), 1, CLOSER);
            }
            update();
            if (scene && place) scene.lookAt(place);
        };
        // what the colours mean: severities, or null and the one that is shown
        const legend = ko.observable([]);
        self.legend = ko.pureComputed(function () {
            const one = self.bit() !== null;
            return legend().map((severity) => ({
                severity: severity,
                icon: Img2Stl.severityIcon(severity),
                swatch: "img2stl-swatch-" + severity,
                text: one ? gettext("Here") : Img2Stl.severityLabel(severity)
            }));
        });
        self.hasLegend = ko.pureComputed(() => self.isSeen() && !!self.legend().length);
        self.rest = ko.pureComputed(() =>
            self.bit() === null ? gettext("No problem") : gettext("The rest")
        );

        //~~ the camera

        const pose = () =>
            flatPose || Img2Stl.poseFor(latest.whole).poseOf(self.isBack());
        const straighten = function () {
            place = flatPose = null;
            flatZoom = 1;
        };
        const look = function (back) {
            if (!latest) return;
            self.isBack(back);
            straighten();
            if (scene) scene.reset(back);
            update();
        };
        self.turnAround = () => look(!self.isBack());
        self.reset = () => look(false);
        const zoom = function (factor) {
            if (scene) {
                scene.zoom(factor);
            } else if (latest) {
                flatZoom = clamp(flatZoom / factor, 0.25, 10);
                update();
            }
        };
        self.closer = () => zoom(1 / 1.25);
        self.farther = () => zoom(1.25);

        const turnFlat = function (turn, tilt) {
            const now = pose();
            flatPose = {
                turn: now.turn + turn,
                tilt: clamp(now.tilt + tilt, -85, 85)
            };
            update();
        };
        const flatKeys = {
            ArrowLeft: () => turnFlat(TURN_DEG, 0),
            ArrowRight: () => turnFlat(-TURN_DEG, 0),
            ArrowUp: () => turnFlat(0, TURN_DEG),
            ArrowDown: () => turnFlat(0, -TURN_DEG),
            "+": self.closer,
            "-": self.farther,
            Home: self.reset
        };
        const onFlatKey = function (event) {
            const act = flatKeys[event.key];
            if (!act || !latest || event.ctrlKey || event.altKey || event.metaKey) return;
            event.preventDefault();
            act();
        };

        //~~ choosing a face

        let picked = null; // gets the normal
        let pressed = null; // where the pointer went down
        let hovering = null;

        const regionAt = function (event) {
            const box = event.target.getBoundingClientRect();
            const view = scene || flatView;
            if (!latest || !view) return null;
            const [start, direction] = view.ray(
                event.clientX - box.left,
                event.clientY - box.top
            );
            const face = Img2Stl.faceAt(latest.corners, start, direction);
            if (face < 0) return null;
            latest.regions =
                latest.regions || new Img2Stl.FlatRegions(latest.mesh, latest.corners);
            return latest.regions.of(face);
        };
        const mark = function (region) {
            if (scene) scene.mark(region && region.faces, Img2Stl.markColor);
        };
        const hover = function (event) {
            if (!self.isPicking() || event.pointerType === "touch") return;
            if (hovering) {
                hovering = event;
                return;
            }
            hovering = event;
            window.requestAnimationFrame(function () {
                const last = hovering;
                hovering = null;
                if (self.isPicking()) mark(last.buttons ? null : regionAt(last));
            });
        };
        const press = (event) => (pressed = [event.clientX, event.clientY]);
        const release = function (event) {
            if (!self.isPicking() || !pressed || event.button > 0) return;
            const moved = Math.hypot(
                event.clientX - pressed[0],
                event.clientY - pressed[1]
            );
            if (moved > CLICK_PX) return;
            const region = regionAt(event);
            if (!region) return;
            const tell = picked;
            self.pick(null);
            tell(region.normal);
        };
        const escape = function (event) {
            if (event.key !== "Escape") return;
            event.preventDefault();
            self.pick(null);
        };
        // Lets a flat region be chosen by a click on it; callback gets its outward normal,
        // once. null, or Escape, ends it.
        self.pick = function (callback) {
            picked = callback || null;
            document.removeEventListener("keydown", escape);
            if (picked) document.addEventListener("keydown", escape);
            if (!picked) mark(null);
            self.isPicking(!!picked);
        };
        self.stopPicking = () => self.pick(null);
        const listen = function (canvas) {
            canvas.addEventListener("pointermove", hover);
            canvas.addEventListener("pointerleave", () => mark(null));
            canvas.addEventListener("pointerdown", press);
            canvas.addEventListener("pointerup", release);
        };

        //~~ the elements, from the binding below

        self.attach = function (element) {
            const find = (name) => element.querySelector(".img2stl-viewer-" + name);
            parts = {host: find("host"), flat: find("flat")};
            overlay = new Img2Stl.Overlay(find("over"));
            parts.flat.addEventListener("keydown", onFlatKey);
            listen(parts.flat);
            if (window.ResizeObserver) {
                parts.observer = new ResizeObserver(function () {
                    if (self.isFlat()) update();
                });
                parts.observer.observe(parts.flat);
            }
            refresh();
        };
        self.detach = function () {
            self.pick(null);
            if (scene) scene.dispose();
            if (parts && parts.observer) parts.observer.disconnect();
            scene = parts = overlay = flatView = null;
            refused = false;
            self.mode("idle");
        };
    };

    ko.bindingHandlers.img2stlMeshView = {
        init: function (element, value) {
            const view = ko.unwrap(value());
            view.attach(element);
            ko.utils.domNodeDisposal.addDisposeCallback(element, view.detach);
        }
    };
})(window.Img2Stl);
