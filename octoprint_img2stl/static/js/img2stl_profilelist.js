(function (Img2Stl) {
    "use strict";

    const client = () => OctoPrint.plugins.img2stl;
    const rowOf = (id) => "#img2stl_profile_" + id;

    // What was left out of a saved profile, and where it contradicts OctoPrint's printer
    // profile; asked for when somebody wants to know.
    Img2Stl.ProfileDetails = function (profiles) {
        const self = this;
        const profile = ko.observable(null);
        self.id = ko.observable(null); // of the row below which it is shown
        self.busy = ko.observable(false);
        self.problem = ko.observable(null);
        self.isSet = ko.observable(false);
        self.problems = ko.pureComputed(() => (profile() ? profile().problems || [] : []));
        self.isNothing = ko.pureComputed(
            () =>
                !!profile() &&
                !self.isSet() &&
                !self.problems().length &&
                !self.comparison.differs()
        );

        self.comparison = new Img2Stl.ProfileComparison(profiles, {
            rows: ko.pureComputed(() => profile() && profile().contradictions),
            label: gettext("Copy this to OctoPrint's printer profile"),
            set: () => profiles.setPrinter(profile()).done(put).fail(refuse),
            canSet: ko.pureComputed(() => !profiles.busy()),
            isSet: self.isSet
        });
        const put = function (answer) {
            profile($.extend({}, profile(), {contradictions: answer.contradictions}));
            self.isSet(true);
            Img2Stl.focus(rowOf(self.id()) + " .img2stl-details");
        };
        const refuse = (xhr) => self.problem(Img2Stl.failure(xhr));
        self.setText = ko.pureComputed(() =>
            self.comparison.differs()
                ? profiles.setText() +
                  " " +
                  gettext("OctoPrint's printer profiles have no place for what still differs.")
                : profiles.setText()
        );

        self.isOf = (id) => self.id() === id;
        self.toggle = function (item) {
            const isSame = self.isOf(item.id);
            self.forget();
            if (!isSame) self.show(item.id);
        };
        self.show = function (id) {
            self.id(id);
            self.busy(true);
            const isStill = (act) => (answer) => self.isOf(id) && act(answer);
            client()
                .profile(id)
                .done(isStill((answer) => profile(answer.profile)))
                .fail(isStill(refuse))
                .always(isStill(() => self.busy(false)));
        };
        self.forget = function () {
            self.id(null);
            self.busy(false);
            self.problem(null);
            self.isSet(false);
            profile(null);
        };
    };

    // The saved profiles, and what can be done with each.
    Img2Stl.ProfileList = function (root, profiles) {
        const self = this;
        const list = new Img2Stl.Rows();
        self.problem = ko.observable(null);
        self.details = new Img2Stl.ProfileDetails(profiles);
        self.confirmation = new Img2Stl.Confirmation(rowOf, ".img2stl-delete");
        self.rows = list.rows;
        self.take = list.take;
        self.isEmpty = ko.pureComputed(() => !list.items().length);
        self.goTo = (profile) => Img2Stl.focus(rowOf(profile.id) + " button");
        self.forget = function () {
            self.problem(null);
            self.confirmation.forget();
            self.details.forget();
        };

        //~~ one row

        const named = (text) => (item) => _.sprintf(text, {name: item.name});
        self.facts = Img2Stl.profileFacts;
        self.originText = (item) =>
            [item.source_label, item.mine ? "" : item.owner]
                .filter((text) => text)
                .join(" · ");
        self.useLabel = named(gettext("Use %(name)s"));
        self.editLabel = named(gettext("Change %(name)s"));
        self.exportLabel = named(gettext("Download %(name)s"));
        self.deleteLabel = named(gettext("Delete %(name)s"));
        self.detailsLabel = named(gettext("Details of %(name)s"));
        self.askText = named(gettext("Delete %(name)s?"));
        self.exportUrl = (item) => Img2Stl.url(client().profileFileUrl(item.id));

        const materialLabel = function (key) {
            const choices = (root.state() && root.state().choices) || {};
            const found = (choices.material || []).find((each) => each.value === key);
            return found ? found.label : key;
        };
        self.defaultTexts = (item) =>
            (item.default_for || []).map((material) =>
                _.sprintf(gettext("default for %(material)s on %(printer)s"), {
                    material: materialLabel(material),
                    printer: profiles.printerName()
                })
            );
        const isDefault = (item) => (item.default_for || []).includes(item.material);
        self.canDefault = (item) => profiles.may.defaults() && !!item.material;
        self.defaultIcon = (item) => (isDefault(item) ? "fas fa-star" : "far fa-star");
        self.defaultText = (item) =>
            _.sprintf(
                isDefault(item)
                    ? gettext("No longer the default for %(material)s")
                    : gettext("Make it the default for %(material)s"),
                {material: materialLabel(item.material)}
            );

        //~~ what can be done with it

        const act = function (request) {
            self.problem(null);
            return profiles.act(request).fail(self.complain);
        };
        self.complain = (xhr) => self.problem(Img2Stl.failure(xhr));
        self.use = function (item) {
            Img2Stl.takeProfile(root, item);
            profiles.dialog.close();
        };
        self.edit = (item) => root.profileEdit.open(item.id).done(profiles.load);
        self.toggleDefault = function (item) {
            const wanted = isDefault(item) ? "" : item.id;
            act(() => client().setProfileDefault(item.material, wanted)).done(
                profiles.load
            );
        };
        self.askDelete = function (item) {
            profiles.say("");
            self.confirmation.ask(item.id);
        };
        self.remove = function (item) {
            self.confirmation.forget();
            act(() => client().removeProfile(item.id)).done(function () {
                list.drop(item.id);
                profiles.say(named(gettext("%(name)s is deleted."))(item));
                profiles.goToHeading();
            });
        };
    };
})(window.Img2Stl);
