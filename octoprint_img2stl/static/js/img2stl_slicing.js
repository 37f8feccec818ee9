(function (Img2Stl) {
    "use strict";

    const AUTOMATIC = Img2Stl.AUTOMATIC;
    const SHORT = 3; // plain choices that tell most of a slice

    // The settings of a slice: a saved profile or none, the plain choices, and whether there
    // is a slicer at all.
    //
    // route: observable, what is made
    Img2Stl.SliceSettings = function (root, route) {
        const self = this;
        const state = ko.pureComputed(() => root.state() || {});
        const millimetres = (value) => Img2Stl.withUnit(value, gettext("mm"), 2);
        // what the server offers: a list of {value, label}, or {offers: [numbers]}
        const offers = function (name) {
            const choices = (state().choices || {})[name] || [];
            const found = choices.offers || choices;
            return name === "brim" ? _.union([null], found) : found;
        };

        self.profile = new Img2Stl.SliceProfile(root);
        const needed = ko.pureComputed(() =>
            self.profile.isUsed()
                ? ((state().routes || {})[route()] || {}).needs || {}
                : {}
        );
        const choice = (name, label, more) =>
            new Img2Stl.PlainChoice(
                $.extend({name: name, label: label, offers: () => offers(name)}, more),
                self.profile,
                needed
            );
        const plain = [
            choice("material", gettext("Material"), {
                said: (plain, inWords) =>
                    plain.filament_type || (plain.material ? inWords(plain.material) : "")
            }),
            choice("quality", gettext("Quality"), {
                said: (plain) => (plain.layer_height ? millimetres(plain.layer_height) : "")
            }),
            choice("infill", gettext("Infill"), {
                words: (value) =>
                    _.sprintf(gettext("%(value)s %%"), {value: Img2Stl.number(value)}),
                optionLabel: Img2Stl.infillLabel
            }),
            choice("supports", gettext("Supports"), {
                optionLabel: (value, label) => self.advice.supportLabel(value, label)
            }),
            choice("brim", gettext("Brim"), {
                said: function (plain, inWords) {
                    if (plain.automatic_brim) return inWords(AUTOMATIC);
                    const isSaid = plain.brim !== null && plain.brim !== undefined;
                    return isSaid ? inWords(plain.brim) : "";
                },
                words: function (value) {
                    if (value === null) return gettext("Automatic");
                    return Number(value) === 0
                        ? gettext("No brim")
                        : millimetres(value);
                }
            })
        ];
        const material = plain[0];
        self.choice = (name) => plain.find((item) => item.name === name);

        // Which of several slicers; where there is only one, nobody is asked.
        const slicers = choice("slicer", gettext("Slicer"));
        const usable = ko.pureComputed(() =>
            (state().slicers || []).filter((item) => !item.problem)
        );
        const isHere = ko.pureComputed(
            () =>
                slicers.own() === AUTOMATIC ||
                usable().some((item) => item.name === slicers.own())
        );
        const asksForSlicer = ko.pureComputed(
            () => !self.profile.isUsed() && (usable().length > 1 || !isHere())
        );
        self.choices = ko.pureComputed(() =>
            asksForSlicer() ? [...plain, slicers] : plain
        );
        self.walls = new Img2Stl.PlainWalls(
            ko.pureComputed(function () {
                const walls = (state().choices || {}).walls;
                return walls && walls.max ? {walls: [walls.min, walls.max]} : {};
            }),
            self.profile
        );

        // what is made needs something else than the profile says
        self.needText = ko.pureComputed(function () {
            const need = self.choice("infill").need();
            if (!need) return "";
            return need.said
                ? _.sprintf(
                      gettext(
                          "A lithophane is printed solid: infill %(needed)s instead of %(said)s."
                      ),
                      {needed: need.text, said: need.said}
                  )
                : _.sprintf(
                      gettext("A lithophane is printed solid: infill %(needed)s."),
                      {needed: need.text}
                  );
        });

        // what is chosen, in short
        const chosen = ko.pureComputed(function () {
            const told = self.profile.isUsed()
                ? plain.filter((item) => item.isOver())
                : plain.slice(0, SHORT);
            return [
                ...(self.profile.isUsed() ? [self.profile.name()] : []),
                ...told.map((item) => item.chosenLabel())
            ]
                .filter((label) => label)
                .join(", ");
        });

        // The loaded spool, as far as a plugin that keeps spools tells; null: it does not.
        self.spool = ko.pureComputed(function () {
            const spool = (state().spools || []).find((each) => each.tool === 0);
            if (!spool) return null;
            const view = self.profile.decides(material.name) ? self.profile.view() : null;
            const used = view ? view.material : material.own();
            const loaded = material
                .options()
                .find((option) => option.value === spool.material_key);
            const differs = loaded && loaded.value !== used;
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
                material: differs ? loaded : null,
                useText: differs
                    ? _.sprintf(gettext("Print with %(material)s"), {
                          material: loaded.label
                      })
                    : "",
                use: () => material.value(loaded.value)
            };
        });

        // What is chosen becomes a profile of its own, in which everything can be changed.
        self.keeping = ko.observable(false);
        self.keep = function () {
            self.keeping(true);
            OctoPrint.plugins.img2stl
                .keepChoices(self.toJson(), chosen())
                .done(function (answer) {
                    Img2Stl.takeProfile(root, answer.profile);
                    self.profile.over([]);
                    if (self.walls.isOver()) self.walls.back();
                    root.profileEdit.open(answer.profile.id);
                })
                .fail((xhr) => root.complain(xhr))
                .always(() => self.keeping(false));
        };

        // What was chosen at the layers stays until it is taken back, here or there.
        self.layers = new Img2Stl.LayerChoice();

        // how much of the model is printed
        self.testPrint = ko.observable("none");
        self.scalePercent = ko.observable(50);
        self.advice = new Img2Stl.PrintAdvice(root, self);

        // for the fold, which may hide that not all of the model is printed
        self.summary = ko.pureComputed(() =>
            [
                chosen(),
                self.advice.testPrint.chosenLabel(),
                ...self.layers.rows().map((row) => row.text)
            ]
                .filter((text) => text)
                .join(" · ")
        );

        self.toJson = function () {
            const value = {};
            plain.forEach((item) => (value[item.name] = item.own()));
            return $.extend(self.profile.toJson(self.walls.isOver()), self.layers.toJson(), {
                // a profile is for one slicer
                slicer: self.profile.isUsed() ? AUTOMATIC : slicers.own(),
                material: value.material,
                quality: value.quality,
                infill: Number(value.infill),
                supports: value.supports,
                brim: value.brim === AUTOMATIC ? null : Number(value.brim),
                walls: self.walls.toJson(),
                test_print: self.testPrint(),
                scale_percent: Number(self.scalePercent())
            });
        };
        self.fromJson = function (slicing) {
            self.profile.fromJson(slicing);
            [...plain, slicers].forEach((item) => item.set(slicing[item.name]));
            self.walls.fromJson(slicing);
            self.layers.fromJson(slicing);
            self.testPrint(slicing.test_print || "none");
            self.scalePercent(slicing.scale_percent || 50);
        };
        // other settings, but with the profile that is chosen
        self.withProfile = (slicing) =>
            $.extend({}, slicing, {profile: self.profile.id()});
        // for what nobody has chosen anything for yet
        self.takeUsualProfile = () => self.profile.takeDefault(material.own());

        // the sentence why there is no G-code to be had, or null
        self.slicerProblem = ko.pureComputed(function () {
            const known = state().slicers || [];
            return usable().length || !known.length ? null : known[0].problem;
        });
        self.canSlice = ko.pureComputed(() => !self.slicerProblem());
    };
})(window.Img2Stl);
