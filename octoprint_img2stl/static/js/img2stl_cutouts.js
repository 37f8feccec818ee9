(function (Img2Stl) {
    "use strict";

    const SUPERSEDED = "jobs.superseded";
    const SETTLED_MS = 400;

    // The photos with their subject cut out, as they are used or sent: asked for again when
    // their turn, crop or cut-out changed and then stayed for a moment.
    Img2Stl.CutOuts = function (root, solid) {
        const self = this;
        const found = ko.observable({}); // by the photo's number
        self.asking = ko.observable(false);
        self.problem = ko.observable(null);

        // what they depend on; null while they are not to be had
        const key = ko
            .pureComputed(function () {
                const job = root.job();
                if (!job || !job.photo || job.state === "opening") return null;
                if (!root.isShowing("shape") || !solid.isChosen()) return null;
                if (solid.isGettingReady() || !root.can("create")) return null;
                if (!solid.route() || solid.options.tolerance.localProblem()) return null;
                const params = solid.toJson();
                return JSON.stringify([
                    job.id,
                    params.photo,
                    params.photos,
                    params.solid.cut,
                    params.solid.tolerance,
                    !!solid.generators.abilities().needs_alpha
                ]);
            })
            .extend({
                rateLimit: {timeout: SETTLED_MS, method: "notifyWhenChangesStop"}
            });
        let askedFor = null;
        let failed = false;

        const ask = function () {
            const current = key();
            if (!current || self.asking() || current === askedFor) return;
            const [id] = JSON.parse(current);
            askedFor = current;
            failed = false;
            self.asking(true);
            OctoPrint.plugins.img2stl
                .cutOut(id, solid.toJson())
                .done(function (answer) {
                    if (!root.job() || root.job().id !== id) return;
                    self.problem(null);
                    const byNumber = {};
                    answer.views.forEach((view) => (byNumber[view.number] = view));
                    found(byNumber);
                })
                .fail(function (xhr) {
                    const problem = Img2Stl.failure(xhr);
                    failed = true;
                    if (current === key() && problem.code !== SUPERSEDED) {
                        self.problem(problem);
                    }
                })
                .always(function () {
                    self.asking(false);
                    ask();
                });
        };
        key.subscribe(function (value) {
            // coming back tries again what did not work
            if (!value && failed) askedFor = null;
            ask();
        });

        self.forget = function () {
            askedFor = null;
            found({});
            self.problem(null);
        };
        self.of = (number) => found()[number] || null;
    };
})(window.Img2Stl);
