(function (Img2Stl) {
    "use strict";

    // What every kind of setting has: a name, a value, and what is wrong with it. A kind adds
    // `value` and `set`, and says which values it could take and what to call them.
    //
    // what: {key, label, help, isShown}; label, help: text or observable
    const Option = function (kind, what) {
        const self = this;
        self.template = "img2stl_" + kind;
        self.key = what.key;
        self.label = what.label;
        self.help = what.help || "";
        self.id = "img2stl_field_" + what.key;
        self.labelId = self.id + "_label";
        self.noteId = self.id + "_note";
        self.testId = what.testId || "img2stl-" + what.key.replace(/_/g, "-");
        self.isShown = what.isShown || (() => true);

        self.serverProblem = ko.observable(null);
        self.localProblem = () => null;
        self.couldBe = () => false;
        self.suggestText = (value) => Img2Stl.useText(value);

        self.problem = ko.pureComputed(() => self.localProblem() || self.serverProblem());
        self.hasProblem = ko.pureComputed(() => !!self.problem());
        self.message = ko.pureComputed(() =>
            self.problem() ? self.problem().message : ""
        );
        self.hasSuggestion = ko.pureComputed(function () {
            const problem = self.problem();
            return !!problem && self.couldBe(problem.suggest);
        });
        self.suggestionText = ko.pureComputed(() =>
            self.hasSuggestion() ? self.suggestText(self.problem().suggest) : ""
        );
        self.useSuggestion = function () {
            self.set(self.problem().suggest);
            self.focus();
        };
        self.focus = () => Img2Stl.focus("#" + self.id);
        // what the server said was about the old value
        self.forgetWhenChanged = (observable) =>
            observable.subscribe(() => self.serverProblem(null));

        self.inputAttr = ko.pureComputed(() => ({
            id: self.id,
            "aria-describedby": self.noteId,
            "aria-invalid": self.hasProblem() ? "true" : "false",
            "data-test-id": self.testId
        }));
    };
    Img2Stl.Option = Option;

    Img2Stl.useText = (value) => _.sprintf(gettext("Use %(value)s"), {value: value});

    // opens a <details> when the value turns true; what the owner folds away stays so
    ko.bindingHandlers.img2stlOpenWhen = {
        init: (element, value) => {
            let before = false;
            ko.computed({
                read: () => {
                    const now = !!ko.unwrap(value());
                    if (now && !before) element.open = true;
                    before = now;
                },
                disposeWhenNodeIsRemoved: element
            });
        }
    };

    // Problems of a step, at their setting where there is one.
    //
    // options: all settings; optionOf: the shown setting of a problem, if any
    Img2Stl.StepProblems = function (options, optionOf) {
        const self = this;
        const openFold = function (option) {
            $(document.getElementById(option.id)).parents("details").prop("open", true);
        };
        self.general = ko.observable(null); // what belongs to no setting
        // the setting at which it is shown, if any
        self.show = function (problem) {
            const option = optionOf(problem);
            if (option) {
                option.serverProblem(problem);
                openFold(option);
            } else {
                self.general(problem);
            }
            return option;
        };
        self.forget = function () {
            self.general(null);
            options.forEach((option) => option.serverProblem(null));
        };
        self.goTo = function (option) {
            if (!option) return;
            openFold(option);
            option.focus();
        };
    };

    // the name of the template that draws a setting
    Img2Stl.templateOf = (option) => option.template;

    // those settings of a list that mean something at the moment
    Img2Stl.shown = (list) =>
        ko.pureComputed(() => list.filter((option) => option.isShown()));

    // what: as above, and options: observable [{value, label}]
    Img2Stl.Choice = function (what) {
        const self = this;
        Option.call(self, "choice", what);
        self.options = what.options;
        self.value = ko.observable();
        self.set = (value) => self.value(value);
        self.forgetWhenChanged(self.value);

        const find = (value) =>
            self.options().find((candidate) => candidate.value === value);
        self.couldBe = (value) => !!find(value);
        self.suggestText = (value) => Img2Stl.useText(find(value).label);
    };

    Img2Stl.Switch = function (what) {
        const self = this;
        Option.call(self, "switch", what);
        self.value = ko.observable(false);
        self.set = (value) => self.value(!!value);
        self.forgetWhenChanged(self.value);

        self.couldBe = (value) => typeof value === "boolean" && value !== self.value();
        self.suggestText = (value) =>
            value ? gettext("Switch it on") : gettext("Switch it off");
    };

    // what: as above, and most: greatest number of characters
    Img2Stl.Text = function (what) {
        const self = this;
        Option.call(self, "text", what);
        self.textAttr = ko.pureComputed(() =>
            $.extend({maxlength: what.most}, self.inputAttr())
        );
        self.value = ko.observable("");
        self.set = (value) => self.value(value || "");
        self.forgetWhenChanged(self.value);

        self.couldBe = (value) => typeof value === "string" && value !== "";
    };
})(window.Img2Stl);
