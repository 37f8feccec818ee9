(function (Img2Stl) {
    "use strict";

    const FEW = 8; // rows shown at first

    Img2Stl.Jobs = function (root) {
        const self = this;
        const list = new Img2Stl.Rows();
        self.showsAll = ko.observable(false);
        self.count = ko.pureComputed(() => list.rows().length);
        self.rows = ko.pureComputed(() =>
            self.showsAll() ? list.rows() : list.rows().slice(0, FEW)
        );
        self.hasMore = ko.pureComputed(() => self.count() > self.rows().length);
        self.showAll = () => self.showsAll(true);
        self.showAllText = ko.pureComputed(() =>
            _.sprintf(gettext("Show all %(count)d jobs"), {count: self.count()})
        );
        self.confirmation = new Img2Stl.Confirmation(
            (id) => "#img2stl_job_" + id,
            ".img2stl-delete"
        );
        self.busy = ko.observable(null);

        const client = () => OctoPrint.plugins.img2stl;

        self.take = (jobs) => list.take(jobs || []);
        self.put = list.put;
        self.drop = list.drop;
        self.get = list.get;

        //~~ rows

        self.isOpen = (job) => !!root.job() && root.job().id === job.id;
        self.thumb = (job) => Img2Stl.url(job.thumb_url);
        self.isActive = (job) =>
            ["opening", "generating", "waiting", "running"].includes(job.state);
        self.stateText = function (job) {
            const isOpening =
                job.state === "opening" && Img2Stl.openingSteps.includes(job.step);
            if (job.state === "running" || isOpening) {
                return _.sprintf(gettext("%(step)s, %(percent)d %%"), {
                    step: Img2Stl.jobStep(job.step),
                    percent: Math.round(job.percent || 0)
                });
            }
            return Img2Stl.jobState(job.state, job.kind);
        };
        self.stateClass = (job) =>
            ({
                done: "label label-success",
                failed: "label label-important",
                interrupted: "label label-warning",
                running: "label label-info",
                waiting: "label label-info"
            }[job.state] || "label");
        self.detailText = function (job) {
            const parts = [];
            if (job.size) parts.push(Img2Stl.size(job.size));
            if (job.print_time_s) parts.push(Img2Stl.duration(job.print_time_s));
            parts.push(formatTimeAgo(job.updated));
            if (!job.mine && job.owner) parts.push(job.owner);
            return parts.join(" · ");
        };
        self.routeText = function (job) {
            const routes = (root.state() && root.state().routes) || {};
            return (routes[job.route] && routes[job.route].label) || job.route || "";
        };
        const may = (job) => root.can("create") && (job.mine || root.can("manage"));
        self.canCancel = (job) => may(job) && self.isActive(job);
        self.canContinue = (job) => may(job) && job.state === "interrupted";
        self.canCopy = (job) => root.can("create") && !!job.thumb_url;
        self.canDelete = (job) => may(job) && !self.isActive(job);

        const named = (text, job) => _.sprintf(text, {name: job.name});
        self.openLabel = (job) => named(gettext("Open %(name)s"), job);
        self.copyLabel = (job) => named(gettext("Make another from %(name)s"), job);
        self.cancelLabel = (job) => named(gettext("Cancel %(name)s"), job);
        self.continueLabel = (job) => named(gettext("Continue %(name)s"), job);
        self.deleteLabel = (job) => named(gettext("Delete %(name)s"), job);
        self.askText = (job) =>
            named(
                job.kind === "mesh"
                    ? gettext("Delete %(name)s with its model and all its files?")
                    : gettext("Delete %(name)s with its photo and all its files?"),
                job
            );
        self.noThumbIcon = (job) =>
            job.kind === "mesh" ? "fas fa-cube" : "fas fa-image";

        //~~ actions

        const act = function (job, request) {
            if (self.busy()) return $.Deferred().reject();
            self.busy(job.id);
            return request()
                .fail((xhr) => root.complain(xhr))
                .always(() => self.busy(null));
        };
        self.open = (job) => root.open(job.id);
        self.copy = (job) =>
            act(job, () => client().copyJob(job.id)).done((answer) =>
                root.adopt(answer.job)
            );
        self.cancel = (job) =>
            act(job, () => client().cancelJob(job.id)).done((answer) =>
                root.refresh(answer.job)
            );
        self.resume = (job) =>
            act(job, () => client().continueJob(job.id)).done((answer) =>
                root.adopt(answer.job)
            );
        self.askDelete = (job) => self.confirmation.ask(job.id);
        self.remove = function (job) {
            self.confirmation.forget();
            act(job, () => client().deleteJob(job.id)).done(function () {
                root.gone(job.id);
                root.stepper.recoverFocus();
            });
        };
    };
})(window.Img2Stl);
