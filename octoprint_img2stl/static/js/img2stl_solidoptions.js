(function (Img2Stl) {
    "use strict";

    const CUT = "auto";
    const KEEP = "keep";

    // What is chosen for a solid besides its photos and its generator.
    Img2Stl.SolidOptions = function (root, solid) {
        const self = this;
        const of = (name) => (root.state() && root.state()[name]) || {};
        const limits = ko.pureComputed(() => (of("limits").fields || {}).solid || {});
        const named = (what) =>
            $.extend({testId: "img2stl-solid-" + what.key.replace(/_/g, "-")}, what);
        const own = (option) => Img2Stl.inRoom(option, "solid");
        const number = (what) => own(new Img2Stl.Field(named(what), limits));
        const choice = (what) =>
            own(
                new Img2Stl.Choice(
                    $.extend(
                        {
                            options: ko.pureComputed(
                                () => (of("choices").solid || {})[what.key] || []
                            )
                        },
                        named(what)
                    )
                )
            );

        const able = () => solid.generators.abilities();
        const isLocal = () => solid.generators.isLocal();
        const largest = function () {
            const machine = root.machine();
            return machine
                ? Math.floor(Math.max(machine.width, machine.depth, machine.height))
                : 200;
        };

        self.detail = choice({key: "detail", label: gettext("Quality")});
        self.size = Img2Stl.anyStep(
            number({
                key: "size",
                label: gettext("Longest side"),
                unit: gettext("mm"),
                step: 1,
                slider: ko.pureComputed(() => [5, largest()]),
                help: gettext("How large it gets as printed; it can be changed later.")
            })
        );
        self.thickness = Img2Stl.anyStep(
            number({
                key: "thickness",
                label: gettext("Thickness"),
                unit: gettext("mm"),
                step: 0.5,
                slider: ko.pureComputed(() => [0, largest()]),
                isShown: () => isLocal() && solid.views.usedCount() < 2,
                help: gettext("From front to back; 0 is as round as the outline.")
            })
        );
        self.back = choice({
            key: "back",
            label: gettext("Back side"),
            isShown: () => isLocal() && solid.views.usedCount() < 2
        });
        self.seed = number({
            key: "seed",
            label: gettext("Seed"),
            step: 1,
            digits: 0,
            isShown: () => able().seed,
            help: gettext("Another number gives another solid of the same photos.")
        });
        self.faces = number({
            key: "max_faces",
            label: gettext("Most triangles"),
            step: 1000,
            digits: 0,
            isShown: () => !!able().faces,
            help: gettext("0 leaves it to the generator.")
        });
        self.cutsOut = own(
            new Img2Stl.Switch(
                named({
                    key: "cut",
                    label: gettext("Cut the subject out of its background"),
                    // who needs that gets it in any case
                    isShown: () => !able().needs_alpha
                })
            )
        );
        self.tolerance = number({
            key: "tolerance",
            label: gettext("Tolerance"),
            step: 1,
            digits: 1,
            slider: [0, 100],
            isShown: () => !!able().needs_alpha || self.cutsOut.value(),
            help: gettext(
                "How unlike the background something must be to belong to the subject; 0 finds that out by itself."
            )
        });

        self.main = Img2Stl.shown([self.detail, self.size, self.thickness, self.back]);
        self.advanced = Img2Stl.shown([self.seed, self.faces]);
        self.all = [
            self.detail,
            self.size,
            self.thickness,
            self.back,
            self.seed,
            self.faces,
            self.cutsOut,
            self.tolerance
        ];

        const plain = [
            self.detail,
            self.size,
            self.thickness,
            self.back,
            self.seed,
            self.faces,
            self.tolerance
        ];
        const isBad = (option) => option.isShown() && option.localProblem();
        self.firstBad = () => self.all.find(isBad) || null;
        // as sent along; what is not to be seen and cannot be is left as the server has it
        self.toJson = function () {
            const found = {cut: self.cutsOut.value() ? CUT : KEEP};
            plain.forEach(function (option) {
                if (!option.localProblem()) found[option.key] = option.value();
            });
            return found;
        };
        self.fromJson = function (given) {
            plain.forEach((option) => option.set(given[option.key]));
            self.cutsOut.set(given.cut !== KEEP);
            self.all.forEach((option) => option.serverProblem(null));
        };
        self.summary = ko.pureComputed(function () {
            const detail = self.detail
                .options()
                .find((option) => option.value === self.detail.value());
            const size = self.size.localProblem()
                ? ""
                : Img2Stl.withUnit(self.size.value(), gettext("mm"));
            return [detail ? detail.label : "", size].filter((part) => part).join(", ");
        });
        self.labelOf = (option, value) => {
            const found = option.options().find((each) => each.value === value);
            return found ? found.label : value || "";
        };
    };
})(window.Img2Stl);
