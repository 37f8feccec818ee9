(function (Img2Stl) {
    "use strict";

    const TYPING_MS = 200;
    const INPUT = "#img2stl_profile_search";
    const NOBODY = -1;

    const client = () => OctoPrint.plugins.img2stl;

    // Finding one's printer among those of the makers: as it is typed, with the keyboard too.
    //
    // picked: gets the model
    Img2Stl.PrinterSearch = function (picked) {
        const self = this;
        self.query = ko.observable("");
        self.models = ko.observable(null); // null: nothing was asked yet
        self.total = ko.observable(0);
        self.active = ko.observable(NOBODY); // the one that Enter takes
        self.searching = ko.observable(false);
        self.problem = ko.observable(null);

        self.rows = ko.pureComputed(() =>
            (self.models() || []).map((model, index) => ({
                id: "img2stl_profile_model_" + index,
                name: model.name,
                maker: model.vendor_name,
                isActive: ko.pureComputed(() => self.active() === index),
                pick: () => picked(model)
            }))
        );
        self.isOpen = ko.pureComputed(() => !!self.rows().length);
        self.activeId = ko.pureComputed(() =>
            self.rows()[self.active()] ? self.rows()[self.active()].id : null
        );
        self.text = ko.pureComputed(function () {
            if (!self.models()) return "";
            if (!self.models().length) {
                return gettext(
                    "No printer has that in its name. Type less of it, or bring your own profile."
                );
            }
            return _.sprintf(gettext("%(shown)d of %(total)d printers"), {
                shown: self.models().length,
                total: self.total()
            });
        });

        let latest = 0;
        const search = function () {
            const number = ++latest;
            const isLatest = (act) => (answer) => number === latest && act(answer);
            self.searching(true);
            client()
                .profileModels(self.query().trim())
                .done(
                    isLatest(function (answer) {
                        self.problem(null);
                        self.active(self.query().trim() ? 0 : NOBODY);
                        self.total(answer.total);
                        self.models(answer.models);
                    })
                )
                .fail(isLatest((xhr) => self.problem(Img2Stl.failure(xhr))))
                .always(isLatest(() => self.searching(false)));
        };
        const searchSoon = _.debounce(search, TYPING_MS);
        self.query.subscribe(searchSoon);
        self.open = function () {
            if (!self.models()) search();
            Img2Stl.focus(INPUT);
        };
        // whether there was something to clear
        self.clear = function () {
            if (!self.query()) return false;
            self.query("");
            return true;
        };

        const move = function (to) {
            const last = self.rows().length - 1;
            if (last < 0) return;
            self.active(Math.max(0, Math.min(last, to)));
            document
                .getElementById(self.activeId())
                .scrollIntoView({block: "nearest"});
        };
        self.onKey = function (data, event) {
            const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5};
            if (steps[event.key]) {
                move(self.active() + steps[event.key]);
            } else if (event.key === "Enter") {
                const row = self.rows()[self.active()];
                if (row && !self.searching()) row.pick();
            } else {
                return true;
            }
            return false;
        };
    };

    // Choose your printer: model, then nozzle, quality and filament as the maker has them.
    Img2Stl.ProfileVendor = function (root, profiles) {
        const self = this;
        self.model = ko.observable(null);
        self.options = ko.observable(null); // what goes with what is picked
        self.loading = ko.observable(false);
        self.problem = ko.observable(null);
        self.search = new Img2Stl.PrinterSearch((model) => self.pick(model));

        self.isHere = ko.pureComputed(() => profiles.hasVendors());
        self.missing = ko.pureComputed(function () {
            const slicers = (root.state() && root.state().slicers) || [];
            const slicer = slicers.find((each) => each.name === "prusaslicer");
            return slicer && slicer.problem
                ? slicer.problem.message
                : gettext(
                      "PrusaSlicer is installed, but without the profiles of the printers' makers; install the whole package."
                  );
        });

        //~~ what is picked

        const proposal = (name) =>
            _.sprintf(gettext("%(name)s (the maker's choice)"), {name: name});
        const choice = function (name, label, list, text) {
            const found = new Img2Stl.Choice({
                key: "profile_vendor_" + name,
                testId: "img2stl-profiles-" + name,
                label: label,
                options: ko.pureComputed(() =>
                    ((self.options() && self.options()[list]) || []).map((offer) => ({
                        value: offer.id,
                        label: text(offer)
                    }))
                )
            });
            found.name = name;
            return found;
        };
        const nozzleText = function (offer) {
            const alike = self
                .options()
                .printers.filter((each) => each.nozzle === offer.nozzle);
            return alike.length > 1
                ? offer.name
                : Img2Stl.withUnit(offer.nozzle, gettext("mm"), 2);
        };
        self.choices = [
            choice("printer", gettext("Nozzle"), "printers", nozzleText),
            choice("print", gettext("Quality"), "prints", (offer) =>
                offer.default ? proposal(offer.name) : offer.name
            ),
            choice("filament", gettext("Filament"), "filaments", (offer) =>
                offer.default ? proposal(offer.name) : offer.name
            )
        ];
        const picks = function () {
            const model = self.model();
            const found = {vendor: model.vendor, model: model.id};
            self.choices.forEach((each) => (found[each.name] = each.value() || ""));
            return found;
        };

        let filling = false;
        let latest = 0;
        const fill = function (options) {
            filling = true;
            self.options(options);
            self.choices.forEach((each) => each.set(options[each.name]));
            filling = false;
        };
        // nozzle: that was typed with the model's name, counts before the usual one
        const optionsFor = (picked, nozzle) =>
            client()
                .profileOptions(picked)
                .then(function (options) {
                    const found = options.printers.find((each) => each.variant === nozzle);
                    return found && found.id !== options.printer
                        ? client().profileOptions($.extend({printer: found.id}, picked))
                        : options;
                });
        // one printer gets several profiles, so its name alone does not tell them apart
        const called = function (draft) {
            const offers = self.options().filaments;
            const filament = offers.find((each) => each.id === self.options().filament);
            const name = [
                self.modelText(),
                draft.layer_height
                    ? Img2Stl.withUnit(draft.layer_height, gettext("mm"), 2)
                    : "",
                filament ? filament.name : ""
            ]
                .filter((text) => text)
                .join(", ");
            return $.extend({}, draft, {name: name});
        };
        // what goes with the picks, and then what comes of them
        const ask = function (picked, nozzle) {
            const number = ++latest;
            const isLatest = (act) => (answer) => number === latest && act(answer);
            self.loading(true);
            self.problem(null);
            optionsFor(picked, nozzle)
                .then(function (options) {
                    if (number !== latest) return $.Deferred().resolve(null);
                    fill(options);
                    return client().vendorProfile($.extend(picks(), {save: false}));
                })
                .done(isLatest((answer) => self.draft.take(called(answer.draft))))
                .fail(isLatest((xhr) => self.problem(Img2Stl.failure(xhr))))
                .always(isLatest(() => self.loading(false)));
        };
        self.choices.forEach((each) =>
            each.value.subscribe(function () {
                if (!filling && self.model()) ask(picks());
            })
        );

        self.draft = new Img2Stl.ProfileDraft(
            profiles,
            "profile_vendor",
            self.loading,
            (what) => client().vendorProfile($.extend(picks(), what))
        );
        self.modelText = ko.pureComputed(() => (self.model() ? self.model().name : ""));

        //~~ from one to the other

        self.pick = function (model) {
            self.draft.forget();
            self.options(null);
            self.model(model);
            profiles.goToHeading();
            ask({vendor: model.vendor, model: model.id}, model.nozzle);
        };
        self.open = function () {
            self.forget();
            if (self.isHere()) self.search.open();
        };
        self.forget = function () {
            latest++;
            self.loading(false);
            self.model(null);
            self.options(null);
            self.problem(null);
            self.draft.forget();
        };
        self.canGoBack = ko.pureComputed(() => !!self.model());
        // one step back, as far as there is one
        self.back = function () {
            if (!self.canGoBack()) return false;
            self.forget();
            self.search.open();
            return true;
        };
        self.escape = () =>
            self.model() ? self.back() : self.isHere() && self.search.clear();
    };
})(window.Img2Stl);
