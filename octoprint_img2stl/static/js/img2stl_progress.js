(function (Img2Stl) {
    "use strict";

    // What is being made, and how far it is.
    Img2Stl.Progress = function (root) {
        const self = this;
        const job = root.job;

        self.isBusy = ko.pureComputed(
            () => !!job() && (job().state === "running" || job().state === "waiting")
        );
        self.percent = ko.pureComputed(() =>
            job() ? Math.min(100, Math.max(0, Math.round(job().percent || 0))) : 0
        );
        self.barStyle = ko.pureComputed(() => ({width: self.percent() + "%"}));
        self.stepText = ko.pureComputed(function () {
            if (!job()) return "";
            return job().state === "waiting"
                ? Img2Stl.jobState("waiting")
                : Img2Stl.jobStep(job().step);
        });
        self.percentText = ko.pureComputed(() =>
            _.sprintf(gettext("%(percent)d %%"), {percent: self.percent()})
        );
        const listed = function (names) {
            const current = names.indexOf(job() ? job().step : null);
            return names
                .filter(
                    (step) => root.shape.slicing.canSlice() || !/slice|gcode/.test(step)
                )
                .map(function (step) {
                    const at = names.indexOf(step);
                    return {
                        label: Img2Stl.jobStep(step),
                        isDone: at < current,
                        isCurrent: at === current,
                        icon:
                            at < current
                                ? "fas fa-check"
                                : at === current
                                ? "fas fa-spinner fa-spin"
                                : "far fa-circle"
                    };
                });
        };
        self.steps = ko.pureComputed(() =>
            listed(
                Img2Stl.jobSteps[
                    Img2Stl.isSolid(job()) ? "mesh" : (job() && job().kind) || "photo"
                ]
            )
        );
        self.openingSteps = ko.pureComputed(() => listed(Img2Stl.openingSteps));

        self.cancelling = ko.observable(false);
        self.cancel = function () {
            self.cancelling(true);
            OctoPrint.plugins.img2stl
                .cancelJob(job().id)
                .done(function ({job}) {
                    // without a photo or a mesh there is nothing here to stay for
                    root.adopt(job, {stay: !!(job.photo || job.mesh)});
                })
                .fail((xhr) => root.complain(xhr))
                .always(() => self.cancelling(false));
        };
    };
})(window.Img2Stl);
