(function (Img2Stl) {
    "use strict";

    const MOST_ROWS = 60; // that are drawn at once; a phone has to keep up with them
    const TYPING_MS = 150;
    const LEFT = ""; // <option> values are text; stands for what the slicer itself does
    const TRUE = /^(1|true|yes|on)$/i;
    const FALSE = /^(0|false|no|off)$/i;
    const isBool = (text) => TRUE.test(text) || FALSE.test(text);
    const PRUSA = "prusaslicer";
    // how each slicer's own files write it
    const BOOLS = {curaengine: ["false", "true"], [PRUSA]: ["0", "1"]};
    const AS_PRINTER = "nil"; // of a filament's setting that the printer's stands for
    const HIDDEN = ["definition"]; // which printer of Cura's it is, no setting

    const goTo = function (selector) {
        Img2Stl.focus(selector);
        window.setTimeout(function () {
            const element = document.querySelector(selector);
            if (element) element.scrollIntoView({block: "center"});
        }, TYPING_MS);
    };

    // line breaks are kept as two characters
    const toLines = (text) => text.replace(/\\n/g, "\n");
    const fromLines = (text) => text.replace(/\r?\n/g, "\\n");

    // One setting of the slicer's, as a profile has it.
    //
    // info: {key, label, help, unit, kind, choices, category, default}
    // text: as it is saved, null where the profile says nothing of it
    const KeyRow = function (info, text, engine, mayChange) {
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
        self.take = function (saved) {
            self.saved(saved);
            self.text(saved);
        };
    };

    // All settings of a slicer as one profile has them: found by words, changed, and given
    // back as what was changed.
    Img2Stl.ProfileKeys = function () {
        const self = this;
        const infos = ko.observable([]);
        let values = {}; // as they are saved
        let engine = "";
        let mayChange = () => false;

        self.rows = ko.observableArray([]); // made when they are first shown
        const byKey = new Map();
        const rowOf = function (info) {
            if (!byKey.has(info.key)) {
                const saved = _.has(values, info.key) ? values[info.key] : null;
                byKey.set(info.key, new KeyRow(info, saved, engine, mayChange(info)));
                self.rows.push(byKey.get(info.key));
            }
            return byKey.get(info.key);
        };
        const changedRows = ko.pureComputed(() => self.rows().filter((row) => row.isChanged()));

        // keys: what the slicer knows; saved: {key: text} of the profile;
        // may: whether a key may be changed
        self.load = function (keys, saved, ofEngine, may) {
            self.forget();
            values = saved;
            engine = ofEngine;
            mayChange = may;
            const known = new Set(keys.map((info) => info.key));
            const unknown = Object.keys(saved)
                .filter((key) => !known.has(key) && !HIDDEN.includes(key))
                .map((key) => ({
                    key: key,
                    label: key,
                    kind: "text",
                    category: gettext("Not known to the slicer that is installed")
                }));
            infos(
                [...keys, ...unknown].map((info) =>
                    $.extend({}, info, {
                        found: [info.key, info.label, info.help, info.category]
                            .join(" ")
                            .toLowerCase(),
                        name: [info.key, info.label].join(" ").toLowerCase()
                    })
                )
            );
        };
        self.forget = function () {
            byKey.clear();
            self.rows([]);
            infos([]);
            self.search("");
            self.show("all");
            self.category("");
            self.most(MOST_ROWS);
        };

        //~~ finding

        self.search = ko.observable("").extend({
            rateLimit: {timeout: TYPING_MS, method: "notifyWhenChangesStop"}
        });
        self.category = ko.observable("");
        self.categories = ko.pureComputed(() => [
            {value: "", label: gettext("All groups")},
            ..._.uniq(infos().map((info) => info.category || ""))
                .filter((name) => name)
                .map((name) => ({value: name, label: name}))
        ]);
        self.show = ko.observable("all");
        self.shows = [
            {value: "all", label: gettext("All settings")},
            {value: "set", label: gettext("What the profile sets")},
            {value: "differs", label: gettext("What differs from the slicer's own")},
            {value: "changed", label: gettext("What is changed and not saved")}
        ];
        const wanted = {
            all: () => true,
            set: (info) => _.has(values, info.key) || isChanged(info.key),
            differs: (info) => rowOf(info).differs(),
            changed: (info) => isChanged(info.key)
        };
        const isChanged = (key) => byKey.has(key) && byKey.get(key).isChanged();

        const found = ko.pureComputed(function () {
            const words = self.search().toLowerCase().split(/\s+/).filter((word) => word);
            const show = self.show();
            const category = self.category();
            const all = infos();
            // what is typed into a row does not move it
            return ko.ignoreDependencies(function () {
                const fitting = all.filter(
                    (info) =>
                        (!category || info.category === category) &&
                        words.every((word) => info.found.includes(word)) &&
                        wanted[show](info)
                );
                // those first that are called so
                const [named, other] = _.partition(fitting, (info) =>
                    words.every((word) => info.name.includes(word))
                );
                return named.concat(other);
            });
        });
        self.most = ko.observable(MOST_ROWS);
        found.subscribe(() => self.most(MOST_ROWS));
        self.shown = ko.pureComputed(function () {
            const first = found().slice(0, self.most());
            return ko.ignoreDependencies(() => first.map(rowOf));
        });
        self.left = ko.pureComputed(() => Math.max(0, found().length - self.most()));
        self.more = () => self.most(self.most() + MOST_ROWS);
        self.countText = ko.pureComputed(() =>
            found().length
                ? _.sprintf(
                      ngettext("%(count)s setting", "%(count)s settings", found().length),
                      {count: Img2Stl.number(found().length, 0)}
                  )
                : gettext("There is no such setting. Try another word.")
        );
        self.moreText = ko.pureComputed(() =>
            _.sprintf(
                ngettext(
                    "%(count)s more is not shown.",
                    "%(count)s more are not shown.",
                    self.left()
                ),
                {count: Img2Stl.number(self.left(), 0)}
            )
        );

        //~~ what was changed

        self.changedCount = ko.pureComputed(() => changedRows().length);
        self.changes = function () {
            const changes = {};
            changedRows().forEach((row) => (changes[row.key] = row.text()));
            return changes;
        };
        // what the server said of a key, at its row; false where there is none
        self.refuse = function (key, problem) {
            const info = infos().find((each) => each.key === key);
            if (!info) return false;
            rowOf(info).problem(problem);
            if (!self.shown().includes(rowOf(info))) {
                self.show("changed");
                self.category("");
                self.search("");
            }
            goTo("#" + rowOf(info).id);
            return true;
        };
        self.forgetProblems = () => self.rows().forEach((row) => row.problem(null));
    };
})(window.Img2Stl);
