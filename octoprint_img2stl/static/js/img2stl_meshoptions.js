(function (Img2Stl) {
    "use strict";

    // Settings of different rooms may have the same name; their elements may not.
    Img2Stl.inRoom = function (option, room) {
        option.id = ["img2stl", room, option.key].join("_");
        option.labelId = option.id + "_label";
        option.noteId = option.id + "_note";
        return option;
    };

    // Browsers count steps from the smallest value, so that with 0.01 as the smallest every
    // whole number would be a wrong one.
    Img2Stl.anyStep = function (option) {
        const given = option.numberAttr;
        option.numberAttr = ko.pureComputed(() => $.extend({}, given(), {step: "any"}));
        return option;
    };

    // Makes settings of a mesh, with their limits and choices from the server.
    const Kit = function (root) {
        const self = this;
        const of = (name) => (root.state() && root.state()[name]) || {};
        const limits = ko.pureComputed(() => (of("limits").fields || {}).mesh || {});
        const named = (what) =>
            $.extend({testId: "img2stl-mesh-" + what.key.replace(/_/g, "-")}, what);
        const own = (option) => Img2Stl.inRoom(option, "mesh");

        self.number = (what) => own(new Img2Stl.Field(named(what), what.limits || limits));
        self.millimetres = (what) =>
            self.number($.extend({unit: gettext("mm"), step: 0.1}, what));
        self.toggle = (what) => own(new Img2Stl.Switch(named(what)));
        self.choice = (what) =>
            own(
                new Img2Stl.Choice(
                    $.extend(
                        {
                            options: ko.pureComputed(
                                () => (of("choices").mesh || {})[what.key] || []
                            )
                        },
                        named(what)
                    )
                )
            );
        self.largest = ko.pureComputed(function () {
            const machine = root.machine();
            return machine
                ? Math.max(machine.width, machine.depth, machine.height)
                : 200;
        });
    };

    // One number that is either in millimetres or in percent, as a choice beside it says: two
    // fields, of which one is shown, so that each has its own slider and limits.
    const either = function (kit, key, isPercent, common, inMm, inPercent) {
        const id = (option, name) => {
            option.id += "_" + name;
            option.labelId = option.id + "_label";
            option.noteId = option.id + "_note";
            return option;
        };
        const mm = id(
            kit.millimetres(
                $.extend(
                    {key: key, isShown: () => !isPercent()},
                    common,
                    inMm
                )
            ),
            "mm"
        );
        const percent = id(
            kit.number(
                $.extend(
                    {key: key, isShown: () => isPercent(), unit: "%", step: 1},
                    common,
                    {testId: common.testId + "-percent"},
                    inPercent
                )
            ),
            "percent"
        );
        return {mm: mm, percent: percent};
    };

    //~~ size

    // knows: {size: observable, mm of one copy as it is shown}
    Img2Stl.MeshSize = function (kit, knows) {
        const self = this;
        const AXES = ["x", "y", "z"];
        self.by = kit.choice({
            key: "size_by",
            label: gettext("Size by")
        });
        const isPercent = () => self.by.value() === "percent";
        const isBed = () => self.by.value() === "bed";
        const label = ko.pureComputed(
            () =>
                ({
                    x: gettext("Width"),
                    y: gettext("Depth"),
                    z: gettext("Height"),
                    longest: gettext("Longest side")
                }[self.by.value()] || gettext("Size"))
        );
        const fields = either(
            kit,
            "size",
            isPercent,
            {testId: "img2stl-mesh-size", label: label},
            {
                slider: ko.pureComputed(() => [1, Math.floor(kit.largest())]),
                isShown: () => !isPercent() && !isBed()
            },
            {
                slider: [1, 300],
                digits: 2,
                picks: [50, 100, 200].map((value) => ({
                    name: String(value),
                    label: value + " %",
                    value: value
                })),
                help: gettext("Of the size as it came.")
            }
        );
        Img2Stl.anyStep(fields.percent);
        Img2Stl.anyStep(fields.mm);
        self.all = [self.by, fields.percent, fields.mm];
        self.shown = Img2Stl.shown(self.all);

        //~~ another way to say it leaves the size as it is

        let whole = null; // mm at 100 %, once that is known
        const along = function (by, size) {
            const at = AXES.indexOf(by);
            return at < 0 ? Math.max.apply(null, size) : size[at];
        };
        const round = (value, digits) => Number(value.toFixed(digits));
        let filling = false;
        let before = null;
        self.by.value.subscribe((value) => (before = value), null, "beforeChange");
        self.by.value.subscribe(function (by) {
            const size = knows.size();
            if (filling || !by || by === before || by === "bed" || !size) return;
            if (by === "percent") {
                const share = whole ? Math.max.apply(null, size) / whole : 1;
                fields.percent.set(round(100 * share, 2));
            } else {
                fields.mm.set(round(along(by, size), 2));
            }
        });
        // what was shown for these settings; plain: nothing was cut off or added
        self.learn = function (mesh, size, plain) {
            if (plain && mesh.size_by === "percent" && mesh.size > 0) {
                whole = (100 * Math.max.apply(null, size)) / mesh.size;
            }
        };
        self.forget = () => (whole = null);

        self.toJson = () => ({
            size_by: self.by.value(),
            size: isBed() ? 100 : (isPercent() ? fields.percent : fields.mm).value()
        });
        self.fromJson = function (mesh) {
            filling = true;
            self.by.value(mesh.size_by);
            filling = false;
            fields.percent.set(isPercent() ? mesh.size : 100);
            fields.mm.set(isPercent() || isBed() ? 100 : mesh.size);
        };
        // checks know a mesh as it is, so they advise a share of that
        self.scale = function (share) {
            if (isBed() || !(share > 0)) return false;
            const field = isPercent() ? fields.percent : fields.mm;
            field.set(round(field.value() * share, 2));
            return true;
        };
    };

    //~~ what is cut off from below

    // knows: as for MeshSize
    Img2Stl.MeshBaseCut = function (kit, knows) {
        const self = this;
        self.in_ = kit.choice({key: "base_cut_in", label: gettext("Cut off in")});
        const isPercent = () => self.in_.value() === "percent";
        const fields = either(
            kit,
            "base_cut",
            isPercent,
            {
                testId: "img2stl-mesh-base-cut",
                label: gettext("Base cut"),
                help: gettext("What is cut off flat from below, so that it stands well.")
            },
            {slider: [0, 10], digits: 2},
            {
                slider: [0, 50],
                digits: 1,
                limits: ko.observable({base_cut: [0, 99]})
            }
        );
        self.all = [fields.mm, fields.percent, self.in_];
        self.shown = Img2Stl.shown(self.all);
        self.toJson = () => ({
            base_cut: (isPercent() ? fields.percent : fields.mm).value(),
            base_cut_in: self.in_.value()
        });
        self.fromJson = function (mesh) {
            self.in_.value(mesh.base_cut_in);
            fields.mm.set(isPercent() ? 0 : mesh.base_cut);
            fields.percent.set(isPercent() ? mesh.base_cut : 0);
        };
        // as checks advise it: mm of what was left by the cut before
        self.more = function (value) {
            const share = fields.percent.value() || 0;
            const height = knows.size() ? knows.size()[2] : 0;
            const before = isPercent()
                ? (height * share) / (100 - share)
                : fields.mm.value() || 0;
            self.in_.value("mm");
            fields.mm.set(Number((before + value).toFixed(2)));
        };
    };

    //~~ all of them

    // Everything the owner chooses about a mesh but its turn.
    //
    // knows: {size: as for MeshSize, fileUnit: observable, what the file says or null}
    Img2Stl.MeshOptions = function (root, knows) {
        const self = this;
        const kit = new Kit(root);
        self.size = new Img2Stl.MeshSize(kit, knows);
        self.baseCut = new Img2Stl.MeshBaseCut(kit, knows);

        const above = (option) => () => option.value() > 0;
        const is = (option, value) => () => option.value() === value;

        const openings = kit.choice({
            key: "openings",
            label: gettext("Open sheets"),
            help: gettext("Close them over their rims, or give the sheet a thickness.")
        });
        self.repair = kit.choice({key: "repair", label: gettext("Repair")});
        self.keepFloaters = kit.toggle({
            key: "keep_floaters",
            label: gettext("Keep small loose parts")
        });
        const simplify = kit.toggle({
            key: "simplify",
            label: gettext("Drop triangles that the printer cannot show")
        });
        const hollow = kit.millimetres({
            key: "hollow",
            label: gettext("Hollow, wall"),
            slider: [0, 10],
            help: gettext("Thickness of the wall that is left; 0 leaves it solid.")
        });
        const plinth = kit.millimetres({
            key: "plinth",
            label: gettext("Plinth"),
            slider: [0, 20],
            help: gettext("Height of a plate under it; 0 for none.")
        });
        const split = kit.choice({key: "split", label: gettext("Cut in two")});
        const pegs = kit.toggle({
            key: "pegs",
            label: gettext("Pegs and holes that join the halves"),
            isShown: () => split.value() !== "none"
        });
        const copies = kit.number({
            key: "copies",
            label: gettext("Copies"),
            step: 1,
            digits: 0,
            slider: [1, 20]
        });

        const group = (name, title, all) => ({
            testId: "img2stl-mesh-group-" + name,
            id: "img2stl_mesh_group_" + name,
            title: title,
            all: all,
            shown: Img2Stl.shown(all)
        });
        self.groups = [
            group("copies", gettext("Copies"), [
                copies,
                kit.millimetres({
                    key: "gap",
                    label: gettext("Gap"),
                    step: 0.5,
                    slider: [0, 20],
                    isShown: () => copies.value() > 1,
                    help: gettext("Distance between the copies on the bed.")
                })
            ]),
            group("file", gettext("How the file is read"), [
                kit.choice({
                    key: "unit",
                    label: gettext("Unit"),
                    help: ko.pureComputed(() =>
                        knows.fileUnit()
                            ? _.sprintf(gettext("The file says %(unit)s itself."), {
                                  unit: knows.fileUnit()
                              })
                            : gettext("The file does not say in what it is measured.")
                    )
                }),
                kit.choice({
                    key: "up",
                    label: gettext("Up"),
                    help: gettext("Which of the file's axes points up.")
                })
            ]),
            group("repair", gettext("Repair"), [
                self.repair,
                openings,
                kit.millimetres({
                    key: "sheet",
                    label: gettext("Thickness of sheets"),
                    slider: [0, 5],
                    isShown: is(openings, "thicken"),
                    help: gettext("0 is two printed lines.")
                }),
                kit.choice({
                    key: "cavities",
                    label: gettext("Sealed hollows"),
                    help: gettext("Hollows inside that nobody sees.")
                }),
                self.keepFloaters
            ]),
            group("surface", gettext("Surface"), [
                kit.choice({key: "mirror", label: gettext("Mirror")}),
                kit.number({
                    key: "smooth",
                    label: gettext("Smoothing"),
                    step: 1,
                    digits: 0,
                    slider: [0, 50],
                    help: gettext("Rounds; sharp edges stay. 0 for none.")
                }),
                simplify,
                kit.millimetres({
                    key: "max_error",
                    label: gettext("Largest error"),
                    step: 0.01,
                    digits: 3,
                    isShown: () => simplify.value(),
                    help: gettext("0 is a tenth of a printed line.")
                })
            ]),
            group("hollow", gettext("Hollow"), [
                hollow,
                kit.millimetres({
                    key: "drain",
                    label: gettext("Drain hole"),
                    step: 0.5,
                    slider: [0, 20],
                    isShown: above(hollow),
                    help: gettext("Diameter of the hole in the floor; 0 for none.")
                })
            ]),
            group("plinth", gettext("Plinth"), [
                plinth,
                kit.millimetres({
                    key: "plinth_margin",
                    label: gettext("Stands out by"),
                    step: 0.5,
                    slider: [0, 20],
                    isShown: above(plinth)
                })
            ]),
            group("split", gettext("Cut in two"), [
                split,
                kit.millimetres({
                    key: "split_at",
                    label: gettext("Height of the cut"),
                    step: 0.5,
                    slider: ko.pureComputed(() => [
                        0,
                        knows.size() ? Math.ceil(knows.size()[2]) : 100
                    ]),
                    isShown: is(split, "at")
                }),
                pegs,
                kit.millimetres({
                    key: "peg_clearance",
                    label: gettext("Play of the pegs"),
                    step: 0.05,
                    digits: 2,
                    slider: [0, 1],
                    isShown: () => split.value() !== "none" && pegs.value()
                })
            ])
        ];
        const plain = [].concat.apply(
            [],
            self.groups.map((each) => each.all)
        );
        self.all = self.size.all.concat(self.baseCut.all, plain);

        let others = {}; // settings that this page does not show

        self.toJson = function () {
            const mesh = $.extend({}, others, self.size.toJson(), self.baseCut.toJson());
            plain.forEach(function (option) {
                // nobody could mend what is not to be seen
                const isBad = !option.isShown() && option.localProblem();
                if (!isBad) mesh[option.key] = option.value();
            });
            return mesh;
        };
        self.fromJson = function (mesh) {
            others = _.omit(
                mesh,
                self.all.map((option) => option.key),
                "turn"
            );
            self.size.fromJson(mesh);
            self.baseCut.fromJson(mesh);
            plain.forEach((option) => option.set(mesh[option.key]));
        };
        // sets one by its name, as a problem's fix has it; says whether it was there
        self.fix = function (key, value) {
            if (key === "size") return self.size.scale(value / 100);
            if (key === "base_cut") {
                self.baseCut.more(value);
                return true;
            }
            const option = self.all.find((each) => each.key === key);
            if (option) option.set(value);
            return !!option;
        };
        // whether nothing is taken off or added, so that the size is the mesh's own
        self.isPlain = (mesh) =>
            !mesh.base_cut && !mesh.plinth && mesh.split === "none" && !mesh.smooth;
    };
})(window.Img2Stl);
