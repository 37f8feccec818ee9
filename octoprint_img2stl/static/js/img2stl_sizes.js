(function (Img2Stl) {
    "use strict";

    // Makes the settings of the groups below with what the server says about them.
    //
    // root: the whole tab; knows: {isLithophane} about what is chosen
    Img2Stl.OptionKit = function (root, knows) {
        const self = this;
        const state = ko.pureComputed(() => root.state() || {});
        const limits = ko.pureComputed(
            () => (state().limits && state().limits.fields) || {}
        );
        self.isLithophane = knows.isLithophane;
        self.shapes = ko.pureComputed(() => state().shapes || []);
        self.fonts = ko.pureComputed(() => state().fonts || []);
        self.widest = ko.pureComputed(function () {
            const machine = root.machine();
            return machine ? Math.max(20, Math.floor(machine.width)) : 200;
        });

        self.number = (what) => new Img2Stl.Field(what, limits);
        self.millimetres = (what) =>
            self.number($.extend({unit: gettext("mm"), step: 0.1}, what));
        self.share = (what) =>
            self.number($.extend({step: 0.01, digits: 2, slider: [0, 1]}, what));
        self.toggle = (what) => new Img2Stl.Switch(what);
        self.text = (what) => new Img2Stl.Text(what);
        // from `options`, or from what the server offers
        self.choice = (what) =>
            new Img2Stl.Choice(
                $.extend(
                    {
                        options: ko.pureComputed(
                            () => (state().choices && state().choices[what.key]) || []
                        )
                    },
                    what
                )
            );
    };

    // The shape and its sizes.
    Img2Stl.SizeOptions = function (kit) {
        const self = this;
        const some = kit.shapes;

        self.width = kit.millimetres({
            key: "width",
            label: gettext("Width"),
            slider: ko.pureComputed(() => [10, kit.widest()]),
            help: gettext(
                "Outer width; the other side follows from the photo or the shape."
            )
        });

        self.shape = kit.choice({
            key: "shape",
            testId: "img2stl-shape-choice",
            label: gettext("Shape"),
            options: ko.pureComputed(() =>
                some().map((shape) => ({value: shape.name, label: shape.label}))
            ),
            help: ko.pureComputed(() =>
                self.chosen() ? self.chosen().description || "" : ""
            )
        });
        self.chosen = ko.pureComputed(
            () => some().find((shape) => shape.name === self.shape.value()) || null
        );
        // settings that some shapes have are shown for these only
        const isOfShape = (key) => () =>
            !!self.chosen() && (self.chosen().options || []).includes(key);
        const own = (make, what) => make($.extend({isShown: isOfShape(what.key)}, what));

        const ofShapes = [
            own(kit.millimetres, {
                key: "corner_radius",
                label: gettext("Corner radius"),
                step: 0.5,
                slider: [0, 40]
            }),
            own(kit.choice, {key: "subject", label: gettext("Subject")}),
            own(kit.share, {
                key: "subject_threshold",
                label: gettext("Threshold of the subject"),
                help: gettext("The grey at which the subject ends.")
            }),
            own(kit.millimetres, {
                key: "outline_margin",
                label: gettext("Margin"),
                slider: [0, 20],
                help: gettext("Room around the subject.")
            }),
            own(kit.millimetres, {
                key: "cutter_height",
                label: gettext("Height of the cutter"),
                step: 0.5,
                slider: [4, 40]
            }),
            own(kit.millimetres, {
                key: "bridge",
                label: gettext("Bars"),
                slider: [0.4, 10],
                help: gettext("Width of the bars that hold what would fall out.")
            }),
            own(kit.number, {
                key: "angle_deg",
                label: gettext("Angle of the arc"),
                unit: "°",
                step: 1,
                slider: [10, 180],
                help: gettext("How far it bends; 180 is half a circle.")
            }),
            own(kit.number, {
                key: "cap_deg",
                label: gettext("Angle of the dome"),
                unit: "°",
                step: 1,
                slider: [20, 90],
                help: gettext("How far down it reaches; 90 is half a ball.")
            }),
            own(kit.millimetres, {
                key: "floor",
                label: gettext("Floor"),
                slider: [0, 10],
                help: gettext("Thickness of the floor; 0 for none.")
            }),
            own(kit.millimetres, {
                key: "socket_hole",
                label: gettext("Hole for the lamp"),
                step: 0.5,
                slider: [0, 100],
                help: gettext("Diameter of the hole in the floor; 0 for none.")
            }),
            own(kit.toggle, {
                key: "lid_slot",
                label: gettext("Groove for a lid")
            })
        ];
        const sizes = [
            kit.millimetres({
                key: "relief_height",
                label: gettext("Relief height"),
                slider: [0.2, 10],
                help: gettext("How far the shape rises above the base.")
            }),
            kit.millimetres({
                key: "base",
                label: gettext("Base"),
                slider: [0.2, 5],
                help: gettext("Thickness of the thinnest part.")
            }),
            kit.millimetres({
                key: "border",
                label: gettext("Border"),
                step: 0.5,
                slider: [0, 20],
                help: gettext("Width of the frame around the picture; 0 for none.")
            }),
            kit.millimetres({
                key: "frame_height",
                label: gettext("Height of the border"),
                optional: true,
                placeholder: gettext("automatic"),
                isShown: () => self.hasBorder(),
                help: gettext("Above the back. Empty: as high as the relief.")
            })
        ];
        self.hasBorder = ko.pureComputed(
            () => sizes.find((option) => option.key === "border").value() > 0
        );
        const folded = [self.shape].concat(ofShapes, sizes);
        self.all = [self.width].concat(folded);
        self.shown = Img2Stl.shown(folded);
    };
})(window.Img2Stl);
