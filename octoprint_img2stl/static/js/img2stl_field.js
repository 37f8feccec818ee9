(function (Img2Stl) {
    "use strict";

    // One number the owner chooses: a slider and an input on the same value.
    //
    // what: as for every option, and {unit, step, digits, slider: [from, to] or none,
    //       optional, placeholder, picks: [{name, label, value}]}
    // limits: observable {key: [min, max]} as the server gives them
    Img2Stl.Field = function (what, limits) {
        const self = this;
        Img2Stl.Option.call(self, "field", what);
        self.unit = what.unit || "";
        self.step = what.step;
        self.optional = !!what.optional;
        self.placeholder = what.placeholder || "";

        self.raw = ko.observable("");
        self.value = ko.pureComputed(function () {
            const text = String(self.raw()).trim().replace(",", ".");
            if (text === "") return null;
            const value = Number(text);
            return isFinite(value) ? value : NaN;
        });
        self.set = function (value) {
            self.raw(value === null || value === undefined ? "" : String(value));
        };
        self.forgetWhenChanged(self.raw);

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
        self.couldBe = (value) => typeof value === "number";
        self.suggestText = (value) => Img2Stl.useText(format(value));

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
            "aria-labelledby": self.labelId,
            "data-test-id": self.testId + "-slider"
        }));
        self.numberAttr = ko.pureComputed(() =>
            $.extend({}, self.inputAttr(), {
                step: self.step,
                min: self.limits() ? self.limits()[0] : null,
                max: self.limits() ? self.limits()[1] : null,
                placeholder: self.placeholder
            })
        );

        //~~ values to pick

        self.picks = (what.picks || []).map((pick) => ({
            label: pick.label,
            testId: self.testId + "-" + pick.name,
            isPicked: ko.pureComputed(() => self.value() === pick.value),
            pick: () => self.set(pick.value)
        }));
    };
})(window.Img2Stl);
