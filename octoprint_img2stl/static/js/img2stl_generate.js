(function (Img2Stl) {
    "use strict";

    const ASK_FIRST = "solid.ask_first";
    const SEEDS = 1e6; // few enough to be remembered and typed
    const BUTTON = ".img2stl-generate:not([disabled])";

    // The button that has a solid made, and the question that comes before photos go anywhere
    // for the first time.
    Img2Stl.Generate = function (root, solid) {
        const self = this;
        const {options, generators, views, candidates} = solid;
        self.sending = ko.observable(false);
        self.question = ko.observable(null); // {host, agree}

        //~~ problems, at their setting where there is one

        const optionOf = function (problem) {
            const [area, key] = (problem.field || "").split(".");
            if (area !== "solid") return null;
            return options.all.find((option) => option.key === key && option.isShown());
        };
        const problems = new Img2Stl.StepProblems(options.all, optionOf);
        self.problem = problems.general;
        const show = function (problem) {
            const option = problems.show(problem);
            if (option) solid.isSetUp(true);
            problems.goTo(option);
        };

        //~~ whether, and why not

        self.isAgain = ko.pureComputed(() => candidates.count() > 0);
        self.hasSeeds = ko.pureComputed(() => !!generators.abilities().seed);
        const isFull = ko.pureComputed(
            () =>
                !!root.job() &&
                !solid.isActive() &&
                (root.job().can || {}).generate === false
        );
        self.refusal = ko.pureComputed(
            () =>
                generators.problem() ||
                views.tooFew() ||
                (isFull() ? gettext("These are as many as a job has room for; delete one first.") : "")
        );
        self.canPress = ko.pureComputed(
            () =>
                !!root.job() &&
                !!root.job().photo &&
                root.can("create") &&
                !solid.isActive() &&
                !self.sending() &&
                !root.photos.isBusy() &&
                !self.refusal()
        );
        self.text = ko.pureComputed(function () {
            const costs = generators.costsMoney();
            if (self.isAgain()) {
                return costs
                    ? gettext("Generate again (costs money)")
                    : gettext("Generate again");
            }
            return costs ? gettext("Generate (costs money)") : gettext("Generate");
        });
        self.otherSeedText = ko.pureComputed(() =>
            generators.costsMoney()
                ? gettext("Again with another seed (costs money)")
                : gettext("Again with another seed")
        );

        //~~ asking for it

        const send = function (host) {
            const id = root.job().id;
            self.sending(true);
            self.problem(null);
            OctoPrint.plugins.img2stl
                .generate(id, solid.toJson(), host)
                .done(function (answer) {
                    if (host) generators.noteAgreed(host);
                    if (!root.job() || root.job().id !== id) return;
                    root.adopt(answer.job, {stay: true});
                    Img2Stl.focus("#img2stl_generating");
                })
                .fail(function (xhr) {
                    const problem = Img2Stl.failure(xhr);
                    if (problem.code === ASK_FIRST) {
                        ask();
                    } else {
                        show(problem);
                    }
                })
                .always(() => self.sending(false));
        };
        const ask = function () {
            const {host} = generators.chosen();
            self.question({
                host: host,
                text: _.sprintf(
                    gettext(
                        "The photos are sent to %(host)s, which makes the solid. Where they were taken and the like is removed before. Send them there, now and from now on?"
                    ),
                    {host: host}
                ),
                plain: !!generators.chosen().plain,
                costs: generators.costsMoney()
            });
            Img2Stl.focus("#img2stl_solid_question");
        };
        self.press = function () {
            if (!self.canPress()) return;
            const bad = options.firstBad();
            if (bad) {
                solid.isSetUp(true);
                problems.goTo(bad);
                return;
            }
            if (generators.isLocal() || generators.isAgreed(generators.chosen())) {
                send(null);
            } else {
                ask();
            }
        };
        self.pressOther = function () {
            if (!self.canPress()) return;
            options.seed.set(1 + Math.floor(Math.random() * (SEEDS - 1)));
            self.press();
        };
        self.agree = function () {
            const {host} = self.question();
            self.question(null);
            if (self.canPress()) send(host);
        };
        self.dismiss = function () {
            self.question(null);
            Img2Stl.focus(BUTTON);
        };
        self.dismissByEscape = function (data, event) {
            if (event.key !== "Escape") return true;
            self.dismiss();
            return false;
        };
        // it was about another place
        generators.chosenId.subscribe(() => self.question(null));
        self.forget = function () {
            self.question(null);
            problems.forget();
        };
    };
})(window.Img2Stl);
