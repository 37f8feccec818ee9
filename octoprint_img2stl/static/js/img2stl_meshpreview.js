(function (Img2Stl) {
    "use strict";

    const SUPERSEDED = "jobs.superseded";
    const OF_PROFILE = ["profile", "over"];
    // of a slice: what checks depend on
    const CHECKED = ["quality", "supports", "brim", "slicer", ...OF_PROFILE];
    const STALE_AFTER_MS = 400; // a preview that comes soon does not make the view flicker

    // The mesh as it will stand on the bed, and what is found about it: asked for whenever
    // something changed, one request at a time, always for the newest settings.
    //
    // step: {toJson, isValid, isSeen, isOpen, looks, turn, options, slicing, findings, problems};
    // looks: further views that show the same without what was found
    Img2Stl.MeshPreview = function (root, step) {
        const self = this;
        self.view = new Img2Stl.MeshView(root, {id: "img2stl-ready-view"});
        self.latest = ko.observable(null);
        self.asking = ko.observable(false);
        self.failed = ko.observable(false);
        self.isStale = ko
            .pureComputed(() => self.asking())
            .extend({
                rateLimit: {timeout: STALE_AFTER_MS, method: "notifyWhenChangesStop"}
            });
        self.isReady = ko.pureComputed(() => step.isOpen());

        ko.computed(() => self.view.isBusy(self.isStale()));
        ko.computed(() =>
            self.view.waiting(
                self.asking() || !self.isReady() ? gettext("Making it ready …") : ""
            )
        );

        //~~ asking

        let askedFor = null; // the key of the last request

        // what a preview depends on; null while there is none to be had
        const key = ko
            .pureComputed(function () {
                const job = root.job();
                if (!job || !self.isReady() || !step.isSeen()) return null;
                if (!step.isValid() || !root.can("create")) return null;
                const params = step.toJson();
                // one that was deleted is told at its choice, and refuses no preview
                const checked = step.slicing.profile.isMissing()
                    ? _.without(CHECKED, ...OF_PROFILE)
                    : CHECKED;
                params.slicing = _.pick(params.slicing, checked);
                return JSON.stringify([job.id, params]);
            })
            .extend({deferred: true});

        const ask = function () {
            const current = key();
            if (!current || self.asking() || current === askedFor) return;
            const [id, params] = JSON.parse(current);
            const change = Img2Stl.frames.latest();
            askedFor = current;
            self.failed(false);
            self.asking(true);
            OctoPrint.plugins.img2stl
                .preview(id, params)
                .done(function (answer) {
                    if (!root.job() || root.job().id !== id) return;
                    // turned further meanwhile: what is shown is nearer to it than this
                    const [, newest] = JSON.parse(key() || current);
                    if (_.isEqual(newest.mesh.turn, params.mesh.turn)) {
                        take(answer.preview, params.mesh);
                        window.requestAnimationFrame(() =>
                            Img2Stl.frames.painted(change)
                        );
                    }
                    if (current !== key()) return;
                    step.problems.forget();
                    if (answer.preview.fits) step.problems.show(answer.preview.fits);
                })
                .fail(function (xhr) {
                    const problem = Img2Stl.failure(xhr);
                    self.failed(true);
                    if (current === key() && problem.code !== SUPERSEDED) {
                        step.problems.show(problem);
                    }
                })
                .always(function () {
                    self.asking(false);
                    ask();
                });
        };
        key.subscribe(function (value) {
            // coming back to this step tries again what did not work
            if (!value && self.failed()) askedFor = null;
            ask();
        });

        self.forget = function () {
            askedFor = null;
            shown = null;
            self.failed(false);
            self.stopPicking();
            self.latest(null);
            self.view.clear();
            step.looks().forEach((look) => look.clear());
            Img2Stl.frames.forget();
        };

        //~~ showing

        let shown = null; // {mesh, size, turn, copies}

        const show = function () {
            const what = {
                mesh: shown.mesh,
                whole: shown.size,
                form: root.job() && root.job().id
            };
            self.view.show($.extend({findings: self.findings()}, what));
            step.looks().forEach((look) => look.show(what));
        };
        const take = function (preview, mesh) {
            shown = {
                mesh: Img2Stl.decodeMesh(preview.mesh),
                size: preview.whole || preview.size,
                turn: mesh.turn,
                isOne: mesh.copies === 1
            };
            self.latest(_.omit(preview, "mesh"));
            step.options.size.learn(mesh, preview.size, step.options.isPlain(mesh));
            show();
        };
        // turns what is shown at once, until the server's answer is there
        self.turnShown = function (q) {
            if (!shown || !shown.isOne) return;
            const turned = Img2Stl.turnedMesh(shown.mesh, q);
            shown = {
                mesh: turned.mesh,
                size: turned.size,
                turn: Img2Stl.turns.multiply(q, shown.turn),
                isOne: true
            };
            show();
        };
        // what is shown, if it is one copy: {mesh, turn}
        self.single = () => (shown && shown.isOne ? shown : null);

        //~~ pressing a face

        self.isPicking = ko.pureComputed(() => self.view.isPicking());
        self.pick = (taken) => self.view.pick(taken);
        self.stopPicking = () => self.view.pick(null);
        self.canPick = ko.pureComputed(() => !!self.latest());

        //~~ in words

        const words = (read) =>
            ko.pureComputed(() => (self.latest() ? read(self.latest()) : ""));
        self.size = ko.pureComputed(() => (self.latest() ? self.latest().size : null));
        self.sizeText = words((preview) => Img2Stl.size(preview.size));
        self.wholeText = words(function (preview) {
            const whole = preview.whole;
            if (!whole || _.isEqual(whole, preview.size)) return "";
            return _.sprintf(gettext("All of it on the bed: %(size)s"), {
                size: Img2Stl.size(whole)
            });
        });
        self.trianglesText = words((preview) =>
            preview.triangles
                ? _.sprintf(gettext("%(count)s triangles"), {
                      count: Img2Stl.number(preview.triangles, 0)
                  })
                : ""
        );
        self.findings = ko.pureComputed(
            () => (self.latest() && self.latest().findings) || []
        );
        self.notes = ko.pureComputed(() => (self.latest() && self.latest().notes) || []);
        self.isPrintable = ko.pureComputed(
            () => !self.latest() || self.latest().printable !== false
        );
    };
})(window.Img2Stl);
