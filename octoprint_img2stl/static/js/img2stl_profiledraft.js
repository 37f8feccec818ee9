(function (Img2Stl) {
    "use strict";

    const NAME_MOST = 80; // characters

    // what a profile says of itself, in one line
    Img2Stl.profileFacts = function (profile) {
        const size = (value, text) =>
            value
                ? _.sprintf(text, {size: Img2Stl.withUnit(value, gettext("mm"), 2)})
                : "";
        return [
            profile.engine_label,
            profile.filament_type,
            size(profile.layer_height, gettext("%(size)s layers")),
            size(profile.nozzle, gettext("%(size)s nozzle"))
        ]
            .filter((text) => text)
            .join(" · ");
    };

    // name: of OctoPrint's printer profile
    Img2Stl.contradictionText = (name) =>
        _.sprintf(
            gettext(
                "This profile is for another printer than OctoPrint's printer profile “%(name)s” describes. When it is sliced, what OctoPrint says counts."
            ),
            {name: name}
        );

    // What a profile says of the printer and OctoPrint's printer profile says otherwise, side
    // by side, and the button that changes the latter.
    //
    // what: {rows: observable list, label, set, canSet, isSet: observables} of that button
    Img2Stl.ProfileComparison = function (profiles, what) {
        const self = this;
        self.rows = ko.pureComputed(() => what.rows() || []);
        self.differs = ko.pureComputed(() => !!self.rows().length);
        self.maySet = profiles.may.defaults;
        self.offersToSet = ko.pureComputed(() => self.maySet() && !ko.unwrap(what.isSet));
        self.label = what.label;
        self.set = what.set;
        self.canSet = what.canSet;

        const named = (text) =>
            ko.pureComputed(() => _.sprintf(text, {name: profiles.printerName()}));
        self.text = ko.pureComputed(() =>
            Img2Stl.contradictionText(profiles.printerName())
        );
        self.ours = named(gettext("OctoPrint's “%(name)s”"));
        self.whatItDoes = named(
            gettext(
                "Bed, origin, height and nozzle of “%(name)s” become those of the profile; everything else in it stays."
            )
        );
    };

    // A profile that is not saved yet: what it is called, what was left out and why, what
    // contradicts OctoPrint's printer profile.
    //
    // kind: of the way in, for ids; waiting: observable, whether another draft is on its way;
    // send: {name, save: true} -> promise of {profile}
    Img2Stl.ProfileDraft = function (profiles, kind, waiting, send) {
        const self = this;
        self.draft = ko.observable(null);
        self.problem = ko.observable(null);
        self.busy = ko.observable(false);
        self.name = new Img2Stl.Text({
            key: kind + "_name",
            testId: "img2stl-profiles-name",
            label: gettext("Name"),
            most: NAME_MOST
        });
        let proposed = "";

        self.facts = ko.pureComputed(() =>
            self.isDecided() ? Img2Stl.profileFacts(self.draft()) : ""
        );
        self.problems = ko.pureComputed(() =>
            self.draft() ? self.draft().problems || [] : []
        );
        self.isDecided = ko.pureComputed(
            () => !!self.draft() && !self.draft().undecided
        );
        self.canSave = ko.pureComputed(
            () =>
                self.isDecided() && !waiting() && !self.busy() && profiles.may.add()
        );

        // a name of the owner's own stays
        self.take = function (draft) {
            if (!self.name.value() || self.name.value() === proposed) {
                self.name.set(draft.name);
                proposed = self.name.value();
            }
            self.problem(null);
            self.draft(draft);
        };
        self.forget = function () {
            self.draft(null);
            self.problem(null);
            self.name.set("");
            proposed = "";
        };

        // what is wrong is said at the name or above
        const refuse = function (xhr) {
            const problem = Img2Stl.failure(xhr);
            if (/name$/.test(problem.field || "")) {
                self.name.serverProblem(problem);
                self.name.focus();
            } else {
                self.problem(problem);
            }
        };
        const save = function (then) {
            if (!self.canSave()) return;
            self.busy(true);
            self.problem(null);
            send({name: self.name.value().trim(), save: true})
                .fail(refuse)
                .then((answer) => then(answer.profile))
                .always(() => self.busy(false));
        };
        self.save = () => save(profiles.saved);
        // saved it is in any case
        const saveAndSet = () =>
            save((profile) =>
                profiles
                    .setPrinter(profile)
                    .done(() => profiles.saved(profile, {also: profiles.setText()}))
                    .fail((xhr) => profiles.saved(profile, {failed: xhr}))
            );
        self.comparison = new Img2Stl.ProfileComparison(profiles, {
            rows: ko.pureComputed(() =>
                self.isDecided() ? self.draft().contradictions : []
            ),
            label: gettext("Save, and copy this to OctoPrint's printer profile"),
            set: saveAndSet,
            canSet: self.canSave
        });
    };
})(window.Img2Stl);
