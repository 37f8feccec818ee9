(function (Img2Stl) {
    "use strict";

    // One number the owner chooses: a slider and an input on the same value, with its error.
    //
    // what: {key, label, unit, help, step, digits, slider: [from, to] or none, optional}
    // limits: observable {key: [min, max]} as the server gives them
    Img2Stl.Field = function (what, limits) {
        const self = this;
        self.key = what.key;
        self.label = what.label;
        self.unit = what.unit || "";
        self.help = what.help || "";
        self.step = what.step;
        self.optional = !!what.optional;
        self.placeholder = what.placeholder || "";
        self.id = "img2stl_field_" + what.key;
        self.labelId = self.id + "_label";
        self.noteId = self.id + "_note";
        self.testId = "img2stl-" + what.key.replace(/_/g, "-");

        self.raw = ko.observable("");
        self.serverProblem = ko.observable(null);

        self.value = ko.pureComputed(function () {
            const text = String(self.raw()).trim().replace(",", ".");
            if (text === "") return null;
            const value = Number(text);
            return isFinite(value) ? value : NaN;
        });
        self.limits = ko.pureComputed(() => (limits() && limits()[self.key]) || null);

        const format = (value) => Img2Stl.withUnit(value, self.unit, what.digits);

        self.localProblem = ko.pureComputed(function () {
            const value = self.value();
            if (value === null && self.optional) return null;
            const range = self.limits();
            if (value === null || isNaN(value)) {
                return Img2Stl.problem(gettext("Give a number here."), self.key);
            }
            if (range && (value < range[0] || value > range[1])) {
                return Img2Stl.problem(
                    _.sprintf(gettext("This can be from %(min)s to %(max)s."), {
                        min: format(range[0]),
                        max: format(range[1])
                    }),
                    self.key,
                    value < range[0] ? range[0] : range[1]
                );
            }
            return null;
        });
        self.problem = ko.pureComputed(() => self.localProblem() || self.serverProblem());
        self.hasProblem = ko.pureComputed(() => !!self.problem());
        self.message = ko.pureComputed(() =>
            self.problem() ? self.problem().message : ""
        );
        self.suggestion = ko.pureComputed(function () {
            const problem = self.problem();
            return problem && typeof problem.suggest === "number"
                ? problem.suggest
                : null;
        });
        self.suggestionText = ko.pureComputed(() =>
            _.sprintf(gettext("Use %(value)s"), {value: format(self.suggestion())})
        );
        self.useSuggestion = function () {
            self.set(self.suggestion());
            Img2Stl.focus("#" + self.id);
        };

        self.set = function (value) {
            self.raw(value === null || value === undefined ? "" : String(value));
        };
        // what the server said was about the old value
        self.raw.subscribe(() => self.serverProblem(null));

        //~~ slider

        self.hasSlider = !!what.slider;
        self.sliderRange = ko.pureComputed(function () {
            let [from, to] = ko.unwrap(what.slider) || [0, 1];
            const range = self.limits();
            if (range) {
                from = Math.max(from, range[0]);
                to = Math.min(to, range[1]);
            }
            return [from, Math.max(from, to)];
        });
        self.sliderAttr = ko.pureComputed(() => ({
            min: self.sliderRange()[0],
            max: self.sliderRange()[1],
            step: self.step,
            "aria-labelledby": self.labelId
        }));
        self.inputAttr = ko.pureComputed(() => ({
            id: self.id,
            step: self.step,
            min: self.limits() ? self.limits()[0] : null,
            max: self.limits() ? self.limits()[1] : null,
            placeholder: self.placeholder,
            "aria-describedby": self.noteId,
            "aria-invalid": self.hasProblem() ? "true" : "false",
            "data-test-id": self.testId
        }));
    };
})(window.Img2Stl);
