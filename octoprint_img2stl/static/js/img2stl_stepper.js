(function (Img2Stl) {
    "use strict";

    const TAB = "#tab_plugin_img2stl";
    const STEPS = ["photo", "shape", "check", "slice", "print"];
    const ENDED_EARLY = ["failed", "cancelled", "interrupted"];

    // whether what the job begins with could be read
    const wasOpened = (job) => !!(job.photo || job.mesh);

    // The five steps: which one is shown, which can be gone to, which are done.
    Img2Stl.Stepper = function (root) {
        const self = this;
        self.current = ko.observable("photo");

        const isMesh = ko.pureComputed(() => !!root.job() && root.job().kind === "mesh");
        const isOpened = ko.pureComputed(() => !!root.job() && wasOpened(root.job()));
        const isOpening = ko.pureComputed(
            () => !!root.job() && root.job().state === "opening"
        );
        const wasMade = ko.pureComputed(function () {
            const job = root.job();
            if (!job) return false;
            return (
                !!job.result ||
                ["waiting", "running"].includes(job.state) ||
                (ENDED_EARLY.includes(job.state) && isOpened())
            );
        });
        const reachable = {
            photo: () => true,
            shape: () => isOpened() || isOpening(),
            check: wasMade,
            slice: () =>
                root.progress.isBusy() ||
                (root.result.isShown() && root.result.hasGcode()),
            print: () => root.isLoaded()
        };
        const finished = {
            photo: isOpened,
            shape: wasMade,
            check: () => root.result.isShown(),
            slice: () => root.result.isShown() && !!root.result.hasGcode(),
            print: function () {
                const job = root.job();
                return (
                    !!job &&
                    root.queue
                        .history()
                        .some((item) => item.job_id === job.id && item.state === "done")
                );
            }
        };
        const labels = {
            photo: () =>
                !root.job()
                    ? gettext("Photo or model")
                    : isMesh()
                    ? gettext("Model")
                    : gettext("Photo"),
            shape: () => (root.getsReady() ? gettext("Get ready") : gettext("Shape")),
            check: () => gettext("Check"),
            slice: () => gettext("Slice"),
            print: () => gettext("Print")
        };
        self.steps = STEPS.map((name, index) => ({
            name: name,
            number: index + 1,
            label: ko.pureComputed(labels[name]),
            testId: "img2stl-step-" + name,
            isCurrent: ko.pureComputed(() => self.current() === name),
            isDone: ko.pureComputed(() => finished[name]() && self.current() !== name),
            isReachable: ko.pureComputed(() => reachable[name]())
        }));

        // goes to a step; the keyboard follows unless it is busy outside of the tab
        self.show = function (name) {
            if (!reachable[name]()) return;
            if (self.current() === name) return;
            self.current(name);
            self.arrive();
        };
        // to the top of what is shown now
        self.arrive = function () {
            const active = document.activeElement;
            const busy = active && active !== document.body;
            if (busy && !$(active).closest(TAB).length) return;
            focusHeading();
            const top = $(TAB).offset().top;
            if (root.isVisible() && window.pageYOffset > top) window.scrollTo(0, top - 8);
        };
        const focusHeading = function () {
            window.setTimeout(function () {
                const heading = $(TAB).find("h3[tabindex]:visible")[0];
                if (heading) heading.focus({preventScroll: true});
            }, 0);
        };
        // what had the keyboard's focus is gone from the page
        self.recoverFocus = function () {
            window.setTimeout(function () {
                const active = document.activeElement;
                const lost =
                    !active || active === document.body || !$(active).is(":visible");
                if (lost && root.isVisible()) focusHeading();
            }, 0);
        };
        self.showStep = (step) => self.show(step.name);

        // where to go on with a job
        self.stepFor = function (job) {
            if (["opening", "draft", "generating"].includes(job.state)) return "shape";
            if (ENDED_EARLY.includes(job.state) && !wasOpened(job)) return "photo";
            if (job.state === "done" && job.result) {
                const bad = (job.result.problems || []).some(
                    (problem) => problem.severity === "error"
                );
                return bad || !job.result.gcode_url ? "check" : "slice";
            }
            return "check";
        };
        self.backIfLost = function () {
            if (!reachable[self.current()]()) self.show("photo");
        };
    };
})(window.Img2Stl);
