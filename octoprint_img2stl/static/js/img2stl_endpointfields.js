(function (Img2Stl) {
    "use strict";

    // Two kinds of settings that only endpoints have; the others are in img2stl_option.js.

    const MOST_LONG = 400000; // characters of a workflow, as on the server

    // Many lines, such as a workflow: typed, or taken from a file.
    Img2Stl.Long = function (what) {
        const self = this;
        Img2Stl.Option.call(self, "long", what);
        self.value = ko.observable("");
        self.file = ko.observable("");
        self.dragging = ko.observable(false);
        self.set = function (value) {
            self.file("");
            self.value(
                typeof value === "string" ? value : JSON.stringify(value || "", null, 1)
            );
        };
        self.forgetWhenChanged(self.value);
        self.localProblem = ko.pureComputed(() =>
            self.value().length > MOST_LONG
                ? Img2Stl.problem(gettext("This is too long; take a shorter one."))
                : null
        );
        self.fileText = ko.pureComputed(() =>
            self.file()
                ? _.sprintf(gettext("Taken from %(file)s."), {file: self.file()})
                : ""
        );

        const take = function (file) {
            if (!file) return;
            if (file.size > MOST_LONG) {
                self.serverProblem(
                    Img2Stl.problem(gettext("This file is too large to be a workflow."))
                );
                return;
            }
            file.text().then(function (text) {
                self.value(text);
                self.file(file.name);
            });
        };
        self.chosen = function (data, event) {
            take(event.target.files[0]);
            event.target.value = ""; // the same file once more is a choice as well
        };
        self.choose = (data, event) =>
            $(event.target).closest(".img2stl-field").find("input[type=file]").click();
        self.over = function (data, event) {
            event.originalEvent.dataTransfer.dropEffect = "copy";
            self.dragging(true);
            return false;
        };
        self.left = () => self.dragging(false);
        self.dropped = function (data, event) {
            self.dragging(false);
            take(event.originalEvent.dataTransfer.files[0]);
            return false;
        };
    };

    // A key that can be given, replaced and cleared, but is never shown: it stays there.
    //
    // saved: observable, whether there is one; moved: observable, whether the address is no
    // longer the one it was given for; isPassword: observable
    Img2Stl.Key = function (what, saved, moved, isPassword) {
        const self = this;
        Img2Stl.Option.call(self, "key", what);
        self.value = ko.observable("");
        self.mode = ko.observable("keep"); // keep, replace or clear
        self.isSeen = ko.observable(false); // while it is typed
        self.forgetWhenChanged(self.value);
        self.forgetWhenChanged(self.mode);
        self.reset = function () {
            self.value("");
            self.isSeen(false);
            self.mode(saved() ? "keep" : "replace");
        };
        self.isTyped = ko.pureComputed(() => self.mode() === "replace");
        self.isKept = ko.pureComputed(() => self.mode() === "keep");
        self.isCleared = ko.pureComputed(() => self.mode() === "clear");
        self.canKeep = ko.pureComputed(() => saved() && !self.isKept());
        self.savedText = ko.pureComputed(() =>
            isPassword() ? gettext("A password is saved.") : gettext("A key is saved.")
        );
        self.keyAttr = ko.pureComputed(() =>
            $.extend({type: self.isSeen() ? "text" : "password"}, self.inputAttr())
        );
        self.localProblem = ko.pureComputed(function () {
            if (!self.isKept() || !saved() || !moved()) return null;
            return Img2Stl.problem(
                gettext(
                    "The address has changed, and a key is sent only where it was given for. Give it again, or clear it."
                )
            );
        });
        self.replace = function () {
            self.mode("replace");
            self.focus();
        };
        self.clear = () => self.mode("clear");
        self.keep = function () {
            self.value("");
            self.mode("keep");
        };
        self.toggleSeen = () => self.isSeen(!self.isSeen());
        // undefined leaves the saved one, null clears it
        self.toSend = function () {
            if (self.isCleared()) return null;
            return self.isTyped() && self.value().trim() ? self.value().trim() : undefined;
        };
    };
})(window.Img2Stl);
