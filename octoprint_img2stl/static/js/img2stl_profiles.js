(function (Img2Stl) {
    "use strict";

    const MODAL = "#img2stl_profiles";
    const HEADING = "#img2stl_profiles_heading";
    const DRAG_MS = 600; // dragover comes several times a second for as long as it lasts

    const client = () => OctoPrint.plugins.img2stl;

    // The dialog in which profiles are chosen, brought, kept and thrown away. Three views: the
    // list, the makers' printers, a file of one's own.
    Img2Stl.Profiles = function (root) {
        const self = this;
        const facts = ko.observable(null); // what the server offers
        const entry = ko.observable("list"); // the view with which it was opened
        self.view = ko.observable("list"); // list, vendor or file
        self.loading = ko.observable(false);
        self.loadProblem = ko.observable(null);
        self.busy = ko.observable(false);
        self.announcement = ko.observable("");
        self.dragging = ko.observable(false);

        const fact = (name) => (facts() && facts()[name]) || {};
        const may = (what) => ko.pureComputed(() => !!fact("may")[what]);
        self.may = {add: may("add"), defaults: may("defaults")};
        self.printerName = ko.pureComputed(() => fact("printer").name || "");
        self.hasVendors = ko.pureComputed(() => !facts() || !!facts().vendors);
        self.isLoaded = ko.pureComputed(() => !!facts());

        self.list = new Img2Stl.ProfileList(root, self);
        self.vendor = new Img2Stl.ProfileVendor(root, self);
        self.file = new Img2Stl.ProfileFile(root, self);

        self.say = (sentence) => self.announcement(sentence);

        //~~ the server

        self.load = function () {
            self.loading(true);
            return client()
                .profiles()
                .done(function (answer) {
                    self.loadProblem(null);
                    facts(_.omit(answer, "profiles"));
                    self.list.take(answer.profiles);
                })
                .fail((xhr) => self.loadProblem(Img2Stl.failure(xhr)))
                .always(() => self.loading(false));
        };
        // somebody, or this browser, changed something
        root.state.subscribe(function () {
            if (self.dialog.isOpen()) self.load();
        });
        // one change at a time
        self.act = function (request) {
            self.busy(true);
            self.say("");
            return request().always(() => self.busy(false));
        };
        self.setPrinter = (profile) =>
            self.act(() => client().setPrinterFromProfile(profile.id));
        self.setText = ko.pureComputed(() =>
            _.sprintf(
                gettext("OctoPrint's printer profile “%(name)s” now has the profile's sizes."),
                {name: self.printerName()}
            )
        );

        //~~ a profile was saved

        // what: {also: what is to be said besides, failed: answer of what did not work then}
        self.saved = function (profile, what) {
            const text = _.sprintf(gettext("%(name)s is saved."), {name: profile.name});
            const {also, failed} = what || {};
            self.file.wasSaved();
            Img2Stl.takeProfile(root, profile);
            self.say(also ? text + " " + also : text);
            if (entry() === "list" || failed) {
                show("list");
                if (failed) self.list.complain(failed);
                self.load().done(() => self.list.goTo(profile));
            } else {
                root.announcement(self.announcement());
                self.dialog.close();
            }
        };

        //~~ from view to view

        self.goToHeading = () => Img2Stl.focus(HEADING);
        self.heading = ko.pureComputed(
            () =>
                ({
                    list: gettext("Profiles"),
                    vendor: self.vendor.modelText() || gettext("Choose your printer"),
                    file: gettext("Bring your own profile")
                }[self.view()])
        );
        const ways = {vendor: self.vendor, file: self.file};
        const way = () => ways[self.view()] || null;
        const forget = () => _.each(ways, (each) => each.forget());
        const show = function (view) {
            forget();
            self.view(view);
            if (way()) {
                way().open();
            } else {
                self.goToHeading();
            }
        };
        const leave = function (view) {
            self.say("");
            show(view);
        };
        self.showVendor = () => leave("vendor");
        self.showFile = () => leave("file");
        self.draft = ko.pureComputed(() =>
            way() && way().draft.draft() ? way().draft : null
        );
        self.canGoBack = ko.pureComputed(
            () => !!way() && (entry() === "list" || way().canGoBack())
        );
        self.back = function () {
            if (!way().back()) show("list");
        };
        // whether the key was for something inside of the dialog
        const escape = function () {
            if (self.list.confirmation.asked()) {
                self.list.confirmation.dismiss();
                return true;
            }
            if (!way()) return false;
            if (way().escape()) return true;
            if (entry() !== "list") return false;
            show("list");
            return true;
        };

        self.dialog = new Img2Stl.Dialog(MODAL, {
            escape: escape,
            closed: function () {
                forget();
                self.list.forget();
                listen("removeEventListener");
            }
        });
        // view: "vendor" or "file", else the list
        self.open = function (view) {
            entry(ways[view] ? view : "list");
            self.say("");
            self.dialog.open(HEADING);
            listen("addEventListener");
            self.view(entry());
            // which ways there are is known only then
            return self.load().done(function () {
                if (self.dialog.isOpen()) show(entry());
            });
        };
        // a saved profile and OctoPrint's printer profile side by side
        self.compare = (profile) =>
            self.open("list").done(function () {
                if (!self.dialog.isOpen()) return;
                self.list.details.show(profile.id);
                self.list.goTo(profile);
            });

        //~~ a file that is dropped, before the page behind takes it

        const hasFiles = (event) =>
            !!event.dataTransfer &&
            Array.from(event.dataTransfer.types || []).includes("Files");
        const isHere = function (event) {
            const modal = $(event.target).closest(".modal");
            return !modal.length || modal.is(MODAL);
        };
        let leaveTimer = null;
        const onDrag = function (event) {
            if (!hasFiles(event)) return;
            event.preventDefault();
            event.stopPropagation();
            const takes = self.may.add() && isHere(event);
            const isDrop = event.type === "drop";
            self.dragging(takes && !isDrop);
            window.clearTimeout(leaveTimer);
            leaveTimer = window.setTimeout(() => self.dragging(false), DRAG_MS);
            if (!isDrop || !takes) return;
            if (self.view() !== "file") leave("file");
            self.file.send(event.dataTransfer.files[0]);
        };
        const listen = (how) =>
            ["dragenter", "dragover", "drop"].forEach((name) =>
                window[how](name, onDrag, true)
            );
    };
})(window.Img2Stl);
