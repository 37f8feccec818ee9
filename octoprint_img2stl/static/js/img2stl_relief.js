(function (Img2Stl) {
    "use strict";

    // What the owner chooses about the relief, in millimetres.
    Img2Stl.ReliefSettings = function (root, limits, isLithophane) {
        const self = this;
        const widest = ko.pureComputed(function () {
            const machine = root.machine();
            return [10, machine ? Math.max(20, Math.floor(machine.width)) : 200];
        });

        const field = (what) => new Img2Stl.Field(what, limits);
        self.width = field({
            key: "width",
            label: gettext("Width"),
            unit: gettext("mm"),
            step: 0.1,
            slider: widest,
            help: gettext(
                "Outer width of the plate; the other side follows from the photo."
            )
        });
        self.fields = [
            field({
                key: "relief_height",
                label: gettext("Relief height"),
                unit: gettext("mm"),
                step: 0.1,
                slider: [0.2, 10],
                help: gettext("How far the shape rises above the base.")
            }),
            field({
                key: "base",
                label: gettext("Base"),
                unit: gettext("mm"),
                step: 0.1,
                slider: [0.2, 5],
                help: gettext("Thickness of the thinnest part.")
            }),
            field({
                key: "border",
                label: gettext("Border"),
                unit: gettext("mm"),
                step: 0.5,
                slider: [0, 20],
                help: gettext("Width of the frame around the picture; 0 for none.")
            }),
            field({
                key: "contrast",
                label: gettext("Contrast"),
                step: 0.05,
                digits: 2,
                slider: [0.2, 3],
                help: gettext("1 leaves the photo as it is.")
            }),
            field({
                key: "smoothing",
                label: gettext("Smoothing"),
                unit: gettext("mm"),
                step: 0.05,
                digits: 2,
                slider: [0, 2],
                help: gettext("Details smaller than this melt away.")
            })
        ];
        self.fineFields = [
            field({
                key: "samples_per_mm",
                label: gettext("Samples per mm"),
                step: 0.5,
                optional: true,
                placeholder: gettext("automatic"),
                help: gettext("Empty: as fine as the nozzle can print.")
            }),
            field({
                key: "max_error",
                label: gettext("Largest error of the mesh"),
                unit: gettext("mm"),
                step: 0.01,
                digits: 3,
                help: gettext("A larger value gives fewer triangles.")
            })
        ];
        self.invert = ko.observable(false);
        self.autoLevels = ko.observable(true);
        self.invertText = ko.pureComputed(() =>
            isLithophane()
                ? gettext("Invert: bright parts get thick")
                : gettext("Invert: dark parts stand high")
        );
        self.all = [self.width].concat(self.fields, self.fineFields);

        self.toJson = function () {
            const relief = {invert: self.invert(), auto_levels: self.autoLevels()};
            self.all.forEach((item) => (relief[item.key] = item.value()));
            return relief;
        };
        self.fromJson = function (relief) {
            self.all.forEach((item) => item.set(relief[item.key]));
            self.invert(!!relief.invert);
            self.autoLevels(relief.auto_levels !== false);
        };
    };
})(window.Img2Stl);
