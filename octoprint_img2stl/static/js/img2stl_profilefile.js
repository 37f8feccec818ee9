(function (Img2Stl) {
    "use strict";

    const GCODE = /\.(gcode|gco|g|bgcode)$/i;
    // of a long G-code file the server reads these two ends, where a slicer's settings are
    const HEAD = 512 * 1024;
    const TAIL = 2 * 1024 * 1024;
    const KINDS = ["printer", "print", "filament"];

    const client = () => OctoPrint.plugins.img2stl;

    const ends = (file) =>
        GCODE.test(file.name || "") && file.size > HEAD + TAIL
            ? new Blob([file.slice(0, HEAD), file.slice(-TAIL)])
            : file;

    // Bring your own: a file from one's slicer, as far as it is taken.
    Img2Stl.ProfileFile = function (root, profiles) {
        const self = this;
        self.fileName = ko.observable("");
        self.sending = ko.observable(false);
        self.deciding = ko.observable(false);
        self.problem = ko.observable(null);
        self.sendingText = ko.pureComputed(() =>
            _.sprintf(gettext("Reading %(name)s …"), {name: self.fileName()})
        );
        let token = null;
        let latest = 0;

        //~~ giving it

        self.choose = () => document.getElementById("img2stl_profile_file").click();
        self.chosen = function (data, event) {
            const input = event.target;
            self.send(input.files && input.files[0]);
            input.value = ""; // the same file may be chosen again
        };
        self.send = function (file) {
            if (!file || self.sending()) return;
            self.forget();
            self.fileName(file.name);
            self.sending(true);
            const number = latest;
            client()
                .uploadProfile(ends(file), file.name)
                .done(function (answer) {
                    if (number !== latest) {
                        client().dropProfile(answer[0].token); // nobody waits for it
                        return;
                    }
                    token = answer[0].token;
                    take(answer[0].draft);
                    profiles.goToHeading();
                })
                .fail(function (answer) {
                    if (number !== latest) return;
                    self.problem(root.photo.uploadFailure(answer[0]));
                    Img2Stl.focus("#img2stl_profile_choose");
                })
                .always(function () {
                    if (number === latest) self.sending(false);
                });
        };

        //~~ what it turned out to be

        self.draft = new Img2Stl.ProfileDraft(
            profiles,
            "profile_file",
            self.deciding,
            (what) => client().uploadedProfile(token, $.extend({choose: picks()}, what))
        );
        self.isThere = ko.pureComputed(() => !!self.draft.draft());

        const labels = {
            printer: gettext("Printer"),
            print: gettext("Quality"),
            filament: gettext("Filament")
        };
        const namesOf = (kind) =>
            (self.draft.draft() && (self.draft.draft().choices || {})[kind]) || [];
        const all = KINDS.map(function (kind) {
            const choice = new Img2Stl.Choice({
                key: "profile_file_" + kind,
                testId: "img2stl-profiles-file-" + kind,
                label: labels[kind],
                isShown: () => namesOf(kind).length > 1,
                options: ko.pureComputed(() => [
                    ...(choice.value() ? [] : [{value: "", label: gettext("Choose …")}]),
                    ...namesOf(kind).map((name) => ({value: name, label: name}))
                ])
            });
            choice.kind = kind;
            choice.set("");
            return choice;
        });
        self.choices = Img2Stl.shown(all);
        const picks = function () {
            const found = {};
            all.filter((each) => each.value()).forEach(
                (each) => (found[each.kind] = each.value())
            );
            return found;
        };

        let filling = false;
        const take = function (draft) {
            filling = true;
            self.draft.take(draft);
            const chosen = draft.chosen || {};
            all.forEach((each) => each.set(chosen[each.kind] || ""));
            filling = false;
        };
        const decide = function () {
            const number = ++latest;
            const isLatest = (act) => (answer) => number === latest && act(answer);
            self.deciding(true);
            self.problem(null);
            client()
                .uploadedProfile(token, {choose: picks(), save: false})
                .done(isLatest((answer) => take(answer.draft)))
                .fail(isLatest((xhr) => self.problem(Img2Stl.failure(xhr))))
                .always(isLatest(() => self.deciding(false)));
        };
        all.forEach((each) =>
            each.value.subscribe(function () {
                if (!filling && token) decide();
            })
        );

        //~~ from one to the other

        self.open = function () {
            self.forget();
            Img2Stl.focus("#img2stl_profile_choose");
        };
        self.forget = function () {
            latest++;
            if (token) client().dropProfile(token);
            token = null;
            filling = true;
            all.forEach((each) => each.set(""));
            filling = false;
            self.sending(false);
            self.deciding(false);
            self.fileName("");
            self.problem(null);
            self.draft.forget();
        };
        // the server has let go of it
        self.wasSaved = () => (token = null);
        self.canGoBack = ko.pureComputed(() => self.isThere() || self.sending());
        self.back = function () {
            if (!self.canGoBack()) return false;
            self.open();
            return true;
        };
        self.escape = self.back;
    };
})(window.Img2Stl);
