(function (Img2Stl) {
    "use strict";

    const MODAL = "#img2stl_profile_edit";
    const HEADING = "#img2stl_profile_edit_heading";
    const NAME_LIMIT = 80;
    const KEY_FIELD = /^profile\.values\.(.+)$/;

    const client = () => OctoPrint.plugins.img2stl;

    // The dialog in which a saved profile is changed: its name, its material, and behind a
    // fold every setting of its slicer.
    Img2Stl.ProfileEdit = function (root) {
        const self = this;
        const keysOf = {}; // engine, and what is installed -> a request for what it knows
        let done = null; // what `open` promised

        self.profile = ko.observable(null); // as it is saved
        self.loading = ko.observable(false);
        self.saving = ko.observable(false);
        self.problem = ko.observable(null);
        self.isAsking = ko.observable(false); // whether changes shall be thrown away
        self.isExpert = ko.observable(false);
        self.announcement = ko.observable("");

        self.name = new Img2Stl.Text({
            key: "profile_name",
            label: gettext("Name"),
            most: NAME_LIMIT
        });
        self.material = new Img2Stl.Choice({
            key: "profile_material",
            label: gettext("Material"),
            help: gettext("For which material it is offered, and what the checks assume."),
            options: ko.pureComputed(() => [
                {value: "", label: gettext("None of these")},
                ...(((root.state() || {}).choices || {}).material || [])
            ])
        });
        self.keys = new Img2Stl.ProfileKeys();

        self.mayChange = ko.pureComputed(
            () => !!self.profile() && !!self.profile().may_change
        );
        self.mayGcode = ko.pureComputed(() => self.mayChange() && root.can("settings"));
        self.heading = ko.pureComputed(() =>
            self.profile()
                ? _.sprintf(gettext("Profile %(name)s"), {name: self.profile().name})
                : gettext("Profile")
        );
        self.factsText = ko.pureComputed(function () {
            const view = self.profile();
            if (!view) return "";
            return [Img2Stl.profileFacts(view), view.source_label]
                .filter((fact) => fact)
                .join(" · ");
        });

        //~~ opening

        const requestKeys = function (engine) {
            const installed = JSON.stringify([engine, (root.state() || {}).slicers]);
            if (!keysOf[installed]) {
                keysOf[installed] = client()
                    .profileKeys(engine)
                    .fail(() => delete keysOf[installed]);
            }
            return keysOf[installed];
        };
        const fill = function (profile) {
            self.profile(profile);
            self.name.set(profile.name);
            self.material.set(profile.material || "");
        };
        let asked = null; // id of what is shown or on its way
        const load = function (id) {
            asked = id;
            self.loading(true);
            client()
                .profile(id)
                .then((answer) =>
                    requestKeys(answer.profile.engine).then(
                        (known) => [answer.profile, known.keys],
                        // without its slicer there is what the profile says, without words
                        (xhr) =>
                            $.Deferred().resolve([answer.profile, [], Img2Stl.failure(xhr)])
                    )
                )
                .done(function ([profile, keys, problem]) {
                    if (asked !== id) return;
                    fill(profile);
                    self.problem(problem || null);
                    self.keys.load(
                        keys,
                        profile.values,
                        profile.engine,
                        (info) =>
                            self.mayChange() && (info.kind !== "gcode" || self.mayGcode())
                    );
                })
                .fail((xhr) => asked === id && self.problem(Img2Stl.failure(xhr)))
                .always(() => asked === id && self.loading(false));
        };
        const forget = function () {
            asked = null;
            self.profile(null);
            self.problem(null);
            self.isAsking(false);
            self.isExpert(false);
            self.name.set("");
            self.keys.forget();
        };
        const dialog = new Img2Stl.Dialog(MODAL, {
            escape: function () {
                if (self.isAsking()) self.keepEditing();
                else self.leave();
                return true;
            },
            closed: function () {
                const promised = done;
                done = null;
                forget();
                if (promised && promised.state() === "pending") promised.reject();
            }
        });
        // resolves with the profile once it was saved, rejects when it was left as it was
        self.open = function (id) {
            if (done) done.reject();
            done = $.Deferred();
            forget();
            dialog.open(HEADING);
            load(id);
            return done.promise();
        };
        self.toggleExpert = (data, event) => self.isExpert(event.target.open);

        //~~ leaving

        const changes = ko.pureComputed(function () {
            const saved = self.profile();
            if (!saved) return {};
            const name = self.name.value().trim();
            const body = {};
            if (name !== saved.name) body.name = name;
            if (self.material.value() !== (saved.material || "")) {
                body.material = self.material.value();
            }
            if (self.keys.changedCount()) body.values = self.keys.changes();
            return body;
        });
        self.isChanged = ko.pureComputed(() => !_.isEmpty(changes()));
        self.canSave = ko.pureComputed(
            () => self.mayChange() && self.isChanged() && !self.saving()
        );
        self.changedText = ko.pureComputed(function () {
            const count = self.keys.changedCount();
            if (!count) return "";
            return _.sprintf(
                ngettext("%(count)d setting changed", "%(count)d settings changed", count),
                {count: count}
            );
        });
        self.leave = function () {
            if (self.isChanged() && self.mayChange()) {
                self.isAsking(true);
                Img2Stl.focus(MODAL + " .img2stl-confirm .btn");
            } else {
                dialog.close();
            }
        };
        self.keepEditing = function () {
            self.isAsking(false);
            Img2Stl.focus(MODAL + " [data-test-id='img2stl-profileedit-close']");
        };
        self.throwAway = () => dialog.close();

        //~~ saving

        const refuse = function (problem) {
            const [, key] = KEY_FIELD.exec(problem.field || "") || [];
            self.announcement(problem.message);
            if (key) {
                self.isExpert(true);
                if (self.keys.refuse(key, problem)) return;
            }
            const field = {"profile.name": self.name, "profile.material": self.material}[
                problem.field
            ];
            if (field) {
                field.serverProblem(problem);
                field.focus();
            } else {
                self.problem(problem);
                Img2Stl.focus(HEADING);
            }
        };
        self.save = function () {
            if (!self.canSave()) return;
            self.problem(null);
            self.keys.forgetProblems();
            self.saving(true);
            client()
                .changeProfile(self.profile().id, changes())
                .done(function (answer) {
                    root.announcement(
                        _.sprintf(gettext("%(name)s is saved."), {
                            name: answer.profile.name
                        })
                    );
                    Img2Stl.noteProfile(root, answer.profile);
                    done.resolve(answer.profile);
                    dialog.close();
                })
                .fail((xhr) => refuse(Img2Stl.failure(xhr)))
                .always(() => self.saving(false));
        };
    };
})(window.Img2Stl);
