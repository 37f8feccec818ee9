(function (Img2Stl) {
    "use strict";

    const SUPERSEDED = "jobs.superseded";
    const FROM_ABOVE = ["dome"]; // stands, but the middle of its photo is on top
    const STALE_AFTER_MS = 400; // a preview that comes soon does not make the view flicker

    // The live preview: asked for whenever something changed, one request at a time, always
    // for the newest settings.
    //
    // shape: the step, with {toJson, isValid, relief, problems}
    Img2Stl.Preview = function (root, shape) {
        const self = this;
        self.viewer = new Img2Stl.Viewer(root);
        self.latest = ko.observable(null);
        self.asking = ko.observable(false);
        self.isStale = ko
            .pureComputed(() => self.asking())
            .extend({
                rateLimit: {timeout: STALE_AFTER_MS, method: "notifyWhenChangesStop"}
            });

        self.isReady = ko.pureComputed(function () {
            const job = root.job();
            return !!(job && job.photo && job.state !== "opening");
        });

        //~~ asking

        let askedFor = null; // the key of the last request
        let failed = false;
        let mesh = null; // of the latest

        // what a preview depends on; null while there is none to be had
        const key = ko
            .pureComputed(function () {
                const job = root.job();
                if (!job || !self.isReady() || !root.isShowing("shape")) return null;
                if (root.solid.isChosen()) return null;
                if (!shape.isValid() || !root.can("create")) return null;
                return JSON.stringify([job.id, _.omit(shape.toJson(), "slicing")]);
            })
            // once for all settings that a preset changes
            .extend({deferred: true});

        const ask = function () {
            const current = key();
            if (!current || self.asking() || current === askedFor) return;
            const [id, params] = JSON.parse(current);
            const change = Img2Stl.frames.latest();
            askedFor = current;
            failed = false;
            self.asking(true);
            OctoPrint.plugins.img2stl
                .preview(id, params)
                .done(function (answer) {
                    if (!root.job() || root.job().id !== id) return;
                    take(answer.preview, params.relief);
                    window.requestAnimationFrame(() => Img2Stl.frames.painted(change));
                    if (current !== key()) return;
                    shape.problems.forget();
                    if (answer.preview.fits) shape.problems.show(answer.preview.fits);
                })
                .fail(function (xhr) {
                    const problem = Img2Stl.failure(xhr);
                    failed = true;
                    if (current === key() && problem.code !== SUPERSEDED) {
                        shape.problems.show(problem);
                    }
                })
                .always(function () {
                    self.asking(false);
                    ask();
                });
        };
        key.subscribe(function (value) {
            // coming back to this step tries again what did not work
            if (!value && failed) askedFor = null;
            ask();
        });

        self.forget = function () {
            askedFor = null;
            mesh = null;
            self.latest(null);
            self.viewer.clear();
            shape.relief.tone.levels.histogram([]);
            Img2Stl.frames.forget();
        };

        //~~ showing

        const take = function (preview, relief) {
            mesh = Img2Stl.decodeMesh(preview.mesh);
            self.latest($.extend({relief: relief}, _.omit(preview, "mesh")));
            shape.relief.tone.levels.histogram(preview.histogram || []);
            show();
        };
        const show = function () {
            const preview = self.latest();
            if (!preview || !mesh) return;
            const form = preview.relief.shape;
            self.viewer.show({
                preview: preview,
                mesh: mesh,
                backlit: self.wantsLight() && !!mesh.thickness,
                transmission: preview.relief.transmission,
                upright: preview.standing && !FROM_ABOVE.includes(form),
                form: [form, preview.standing, root.job() && root.job().id].join(),
                label: _.sprintf(
                    gettext(
                        "3D view of the shape, %(size)s. Arrow keys turn it, plus and minus zoom, Home resets."
                    ),
                    {size: Img2Stl.size(preview.size)}
                )
            });
        };

        self.sizeText = ko.pureComputed(() =>
            self.latest() ? Img2Stl.size(self.latest().size) : ""
        );
        self.wantsLight = ko.observable(true);
        self.wantsLight.subscribe(show);
    };
})(window.Img2Stl);
