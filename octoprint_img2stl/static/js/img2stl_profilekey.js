(function (Img2Stl) {
    "use strict";

    const LEFT = ""; // <option> values are text; stands for what the slicer itself does
    const TRUE = /^(1|true|yes|on)$/i;
    const FALSE = /^(0|false|no|off)$/i;
    const isBool = (text) => TRUE.test(text) || FALSE.test(text);
    const PRUSA = "prusaslicer";
    // how each slicer's own files write it
    const BOOLS = {curaengine: ["false", "true"], [PRUSA]: ["0", "1"]};
    const AS_PRINTER = "nil"; // of a filament's setting that the printer's stands for

    // line breaks are kept as two characters
    const toLines = (text) => text.replace(/\\n/g, "\n");
    const fromLines = (text) => text.replace(/\r?\n/g, "\\n");

    // One setting of the slicer's, as a profile has it: a row of the list.
    //
    // info: {key, label, help, unit, kind, choices, category, default}
    // text: as it is saved, null where the profile says nothing of it
    Img2Stl.ProfileKey = function (info, text, engine, mayChange) {
        const self = this;
        self.key = info.key;
        self.label = info.label || info.key;
        self.help = info.help || "";
        self.category = info.category || "";
        self.id = "img2stl_key_" + info.key;
        self.noteId = self.id + "_note";
        self.testId = "img2stl-key-" + info.key;
        self.mayChange = mayChange;

        self.saved = ko.observable(text);
        self.text = ko.observable(text);
        self.problem = ko.observable(null); // what the server said of it
        self.text.subscribe(() => self.problem(null));
        self.isSet = () => self.text() !== null;
        self.isChanged = ko.pureComputed(() => self.text() !== self.saved());
        self.back = function () {
            self.text(self.saved());
            Img2Stl.focus("#" + self.id);
        };

        // a formula or a list of numbers is text, whatever the setting is
        const isSwitch =
            info.kind === "bool" &&
            (!text || isBool(text)) &&
            (!info.default || info.default === AS_PRINTER || isBool(info.default));
        const isList = isSwitch || (info.kind === "choice" && info.choices.length > 0);
        self.isGcode = info.kind === "gcode";
        self.template = isList
            ? "img2stl_key_choice"
            : self.isGcode
            ? "img2stl_key_gcode"
            : "img2stl_key_text";
        const isNumber = /number|percent/.test(info.kind);
        // its text has the sign
        self.unit = info.kind === "percent" ? "" : info.unit || "";

        const [off, on] = BOOLS[engine] || BOOLS[PRUSA];
        // as the list of choices has it
        const normal = (value) =>
            isSwitch && value ? (TRUE.test(value) ? on : off) : value;
        const inWords = function (value) {
            if (isSwitch) return TRUE.test(value) ? gettext("On") : gettext("Off");
            if (!self.isGcode) return value;
            const [first, ...more] = toLines(value).split("\n");
            return more.length ? first + " …" : first;
        };
        const own = info.default || "";
        const ownText = function () {
            if (own === AS_PRINTER) return gettext("as the printer has it");
            return own
                ? _.sprintf(gettext("the slicer's own: %(value)s"), {value: inWords(own)})
                : gettext("left to the slicer");
        };
        self.ownText = ownText();
        self.wasText = ko.pureComputed(function () {
            if (!self.isChanged()) return "";
            if (self.saved() === null) return gettext("was left to the slicer");
            return self.saved() === ""
                ? gettext("was empty")
                : _.sprintf(gettext("was %(value)s"), {value: inWords(self.saved())});
        });

        self.options = function () {
            const values = isSwitch ? [on, off] : info.choices.slice();
            const kept = normal(self.saved.peek());
            if (kept && !values.includes(kept)) values.push(kept);
            return [
                {value: LEFT, label: self.ownText},
                ...values.map((value) => ({value: value, label: inWords(value)}))
            ];
        };
        self.picked = ko.pureComputed({
            read: () => normal(self.text()) || LEFT,
            write: function (value) {
                // the same, but written otherwise, is no change
                const isSame = value === normal(self.saved());
                self.text(isSame ? self.saved() : value === LEFT ? null : value);
            }
        });
        // what is typed; nothing where a number is expected leaves it to the slicer
        self.typed = ko.pureComputed({
            read: () => (self.isGcode ? toLines(self.text() || "") : self.text() || ""),
            write: function (value) {
                const typed = self.isGcode ? fromLines(value) : value;
                const isLeft = typed === "" && (isNumber || self.saved() === null);
                self.text(isLeft ? null : typed);
            }
        });
        self.mayLeave = ko.pureComputed(
            () => self.mayChange && !isList && !isNumber && self.isSet()
        );
        self.leave = () => self.text(null);

        self.differs = () => self.text() !== null && normal(self.text()) !== normal(own);
        self.attr = ko.pureComputed(() => ({
            id: self.id,
            placeholder: self.ownText,
            "aria-describedby": self.noteId,
            "aria-invalid": self.problem() ? "true" : "false",
            "data-test-id": self.testId
        }));
        self.inputAttr = ko.pureComputed(() =>
            $.extend({inputmode: isNumber ? "decimal" : "text"}, self.attr())
        );
        // it can be read and copied all the same
        self.gcodeAttr = ko.pureComputed(() =>
            $.extend({readonly: !self.mayChange}, self.attr())
        );
        self.message = ko.pureComputed(() =>
            self.problem() ? self.problem().message : ""
        );
    };
})(window.Img2Stl);
