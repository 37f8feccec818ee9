(function (Img2Stl) {
    "use strict";

    const AUTOMATIC = "auto"; // <option> values are text; stands for null

    const toOptions = function (offers, current, label) {
        const options = offers.map(function (choice) {
            const bare = !_.isObject(choice);
            const value = bare ? choice : choice.value;
            return {
                value: value === null ? AUTOMATIC : String(value),
                label: bare ? label(value) : choice.label
            };
        });
        // a job may carry a value that is not offered
        if (
            current !== undefined &&
            !options.some((option) => option.value === current)
        ) {
            options.push({
                value: current,
                label: label(current === AUTOMATIC ? null : current)
            });
        }
        return options;
    };

    // The plain choices of a slice, and whether there is a slicer at all.
    Img2Stl.SliceSettings = function (root) {
        const self = this;
        const state = ko.pureComputed(() => root.state() || {});
        // what the server offers: a list of {value, label}, or {offers: [numbers]}
        const offers = function (name) {
            const choices = (state().choices || {})[name] || [];
            const found = choices.offers || choices;
            return name === "brim" ? _.union([null], found) : found;
        };
        const millimetres = (value) => Img2Stl.withUnit(value, gettext("mm"));
        const choice = function (name, label, optionLabel) {
            const value = ko.observable();
            return {
                name: name,
                label: label,
                testId: "img2stl-" + name,
                value: value,
                options: ko.pureComputed(() =>
                    toOptions(offers(name), value(), optionLabel || String)
                )
            };
        };
        // Which of several slicers; where there is only one, nobody is asked.
        const slicers = choice("slicer", gettext("Slicer"));
        const usable = ko.pureComputed(() =>
            (state().slicers || []).filter((item) => !item.problem)
        );
        const plain = [
            choice("material", gettext("Material")),
            choice("quality", gettext("Quality")),
            choice("infill", gettext("Infill"), (value) =>
                _.sprintf(gettext("%(value)s %%"), {value: Img2Stl.number(value)})
            ),
            choice("supports", gettext("Supports")),
            choice("brim", gettext("Brim"), function (value) {
                if (value === null) return gettext("Automatic");
                return Number(value) === 0 ? gettext("No brim") : millimetres(value);
            })
        ];
        const all = [...plain, slicers];
        const isHere = ko.pureComputed(
            () =>
                slicers.value() === AUTOMATIC ||
                usable().some((item) => item.name === slicers.value())
        );
        self.choices = ko.pureComputed(() =>
            usable().length > 1 || !isHere() ? all : plain
        );
        self.walls = new Img2Stl.Field(
            {
                key: "walls",
                label: gettext("Walls"),
                step: 1,
                digits: 0,
                help: gettext("Number of lines around each layer.")
            },
            ko.pureComputed(function () {
                const walls = (state().choices || {}).walls;
                return walls && walls.max ? {walls: [walls.min, walls.max]} : {};
            })
        );
        // what is chosen, for the fold's summary
        self.summary = ko.pureComputed(() =>
            plain
                .slice(0, 3)
                .map((item) => {
                    const chosen = item
                        .options()
                        .find((option) => option.value === item.value());
                    return chosen ? chosen.label : "";
                })
                .filter((label) => label)
                .join(", ")
        );

        // The loaded spool, as far as a plugin that keeps spools tells; null: it does not.
        self.spool = ko.pureComputed(function () {
            const spool = (state().spools || []).find((each) => each.tool === 0);
            if (!spool) return null;
            const material = plain[0].options().find(function (option) {
                return option.value === spool.material_key;
            });
            const differs = material && material.value !== plain[0].value();
            const words =
                spool.left_g === null
                    ? gettext("Loaded: %(name)s")
                    : gettext("Loaded: %(name)s, %(left)s left");
            return {
                text: _.sprintf(words, {
                    name: spool.name,
                    left: Img2Stl.withUnit(spool.left_g || 0, gettext("g"), 0)
                }),
                colour: spool.colour_hex || "",
                material: differs ? material : null,
                useText: differs
                    ? _.sprintf(gettext("Print with %(material)s"), {
                          material: material.label
                      })
                    : "",
                use: () => plain[0].value(material.value)
            };
        });

        // What was chosen at the layers stays until it is taken back, here or there.
        self.layers = new Img2Stl.LayerChoice();

        self.toJson = function () {
            const value = {};
            all.forEach((item) => (value[item.name] = item.value()));
            return $.extend(self.layers.toJson(), {
                slicer: value.slicer,
                material: value.material,
                quality: value.quality,
                infill: Number(value.infill),
                supports: value.supports,
                brim: value.brim === AUTOMATIC ? null : Number(value.brim),
                walls: self.walls.value()
            });
        };
        self.fromJson = function (slicing) {
            all.forEach(function (item) {
                const value = slicing[item.name];
                item.value(
                    value === null || value === undefined ? AUTOMATIC : String(value)
                );
            });
            self.walls.set(slicing.walls);
            self.layers.fromJson(slicing);
        };

        // the sentence why there is no G-code to be had, or null
        self.slicerProblem = ko.pureComputed(function () {
            const known = state().slicers || [];
            return usable().length || !known.length ? null : known[0].problem;
        });
        self.canSlice = ko.pureComputed(() => !self.slicerProblem());
    };
})(window.Img2Stl);
