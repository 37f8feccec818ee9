(function (Img2Stl) {
    "use strict";

    // <option> values are text: stands for null, and for what the profile says
    const AUTOMATIC = "auto";
    const AS_PROFILE = "profile";
    const MATERIAL = "material";

    Img2Stl.AUTOMATIC = AUTOMATIC;

    // offers: list of {value, label}, or of bare values; label: (value, label) -> text
    Img2Stl.toOptions = function (offers, current, label) {
        const options = offers.map(function (choice) {
            const bare = !_.isObject(choice);
            const value = bare ? choice : choice.value;
            return {
                value: value === null ? AUTOMATIC : String(value),
                label: label(value, bare ? String(value) : choice.label)
            };
        });
        // a job may carry a value that is not offered
        if (
            current !== undefined &&
            !options.some((option) => option.value === current)
        ) {
            const value = current === AUTOMATIC ? null : current;
            options.push({value: current, label: label(value, String(value))});
        }
        return options;
    };

    // What a plain choice that counts over the profile is told beside, with the way back.
    //
    // said: observable, what the profile says, in words; back: takes it back
    const aside = function (self, isOver, said, back) {
        self.insteadText = ko.pureComputed(function () {
            if (!isOver()) return "";
            return said()
                ? _.sprintf(gettext("instead of %(value)s"), {value: said()})
                : gettext("instead of what the profile says");
        });
        self.back = back;
        self.backLabel = _.sprintf(gettext("%(name)s: back to the profile"), {
            name: self.label
        });
        self.backTestId = self.testId + "-back";
    };

    // A plain choice of a slice, which may be left to the profile where there is one.
    //
    // what: {name, label, offers: () -> list, words: (value, label) -> a value in words,
    //       optionLabel: the same for the list where it says more,
    //       said: (plain) -> what a profile says, where it is not the value of this name}
    // needed: observable {name: value}, what the route needs whatever a profile says
    Img2Stl.PlainChoice = function (what, profile, needed) {
        const self = this;
        self.name = what.name;
        self.label = what.label;
        self.testId = "img2stl-" + what.name;
        self.own = ko.observable(); // as it is without a profile, or over it

        const words = what.words || ((value, label) => label);
        const optionLabel = what.optionLabel || words;
        const inWords = function (value) {
            const wanted = String(value);
            return Img2Stl.toOptions(what.offers(), wanted, words).find(
                (option) => option.value === wanted
            ).label;
        };
        const plain = ko.pureComputed(() => (profile.view() && profile.view().plain) || {});
        self.said = ko.pureComputed(function () {
            if (what.said) return what.said(plain(), inWords);
            const value = plain()[self.name];
            return value === null || value === undefined ? "" : inWords(value);
        });
        self.need = ko.pureComputed(function () {
            const value = needed()[self.name];
            if (value === undefined || !profile.decides(self.name)) return null;
            const isSaid = String(plain()[self.name]) === String(value);
            return isSaid ? null : {value: value, text: inWords(value), said: self.said()};
        });

        const leftLabel = function () {
            if (self.need()) {
                return _.sprintf(gettext("As needed (%(value)s)"), {
                    value: self.need().text
                });
            }
            return self.said()
                ? _.sprintf(gettext("As in the profile (%(value)s)"), {value: self.said()})
                : gettext("As in the profile");
        };
        self.options = ko.pureComputed(function () {
            const own = Img2Stl.toOptions(what.offers(), self.own(), optionLabel);
            return profile.isUsed()
                ? [{value: AS_PROFILE, label: leftLabel()}, ...own]
                : own;
        });
        self.value = ko.pureComputed({
            read: () => (profile.decides(self.name) ? AS_PROFILE : self.own()),
            write: function (value) {
                if (value === AS_PROFILE) {
                    profile.leave(self.name);
                    return;
                }
                self.own(value);
                const isTaken = self.name === MATERIAL && profile.takeDefault(value);
                if (!isTaken) profile.putOver(self.name);
            }
        });
        self.chosenLabel = ko.pureComputed(function () {
            const found = self.options().find((option) => option.value === self.value());
            return found ? found.label : "";
        });
        self.set = (value) =>
            self.own(value === null || value === undefined ? AUTOMATIC : String(value));
        self.isOver = ko.pureComputed(
            () => profile.isUsed() && !profile.decides(self.name)
        );
        aside(self, self.isOver, self.said, () => self.value(AS_PROFILE));
    };

    // The number of walls, of which none stands for what the profile says.
    Img2Stl.PlainWalls = function (limits, profile) {
        const self = this;
        const said = ko.pureComputed(function () {
            const walls = profile.view() && profile.view().plain.walls;
            return _.isNumber(walls) ? Img2Stl.number(walls, 0) : "";
        });
        Img2Stl.Field.call(
            self,
            {
                key: "walls",
                label: gettext("Walls"),
                step: 1,
                digits: 0,
                help: gettext("Number of lines around each layer.")
            },
            limits
        );
        self.isLeft = ko.pureComputed(() => profile.isUsed() && self.value() === null);
        self.isOver = ko.pureComputed(() => profile.isUsed() && self.value() !== null);
        const problem = self.localProblem;
        self.localProblem = ko.pureComputed(() => (self.isLeft() ? null : problem()));
        self.leftText = ko.pureComputed(function () {
            if (!self.isLeft()) return "";
            return said()
                ? _.sprintf(gettext("As in the profile (%(value)s)"), {value: said()})
                : gettext("As in the profile");
        });
        const attr = self.numberAttr;
        self.numberAttr = ko.pureComputed(() =>
            $.extend({}, attr(), {placeholder: self.isLeft() ? said() : ""})
        );
        aside(self, self.isOver, said, () => self.set(null));

        let own = 3; // while the profile decides
        profile.isUsed.subscribe(function (isUsed) {
            if (isUsed && self.value() !== null) {
                own = self.value();
                self.set(null);
            } else if (!isUsed && self.value() === null) {
                self.set(own);
            }
        });
        self.toJson = () => (self.isLeft() ? own : self.value());
        self.fromJson = function (slicing) {
            own = slicing.walls;
            const isOver = (slicing.over || []).includes(self.key);
            self.set(profile.isUsed() && !isOver ? null : own);
        };
    };
})(window.Img2Stl);
