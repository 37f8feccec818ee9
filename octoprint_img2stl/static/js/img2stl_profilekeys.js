(function (Img2Stl) {
    "use strict";

    const MOST_ROWS = 60; // that are drawn at once; a phone has to keep up with them
    const TYPING_MS = 150;
    const HIDDEN = ["definition"]; // which printer of Cura's it is, no setting

    const goTo = function (selector) {
        Img2Stl.focus(selector);
        window.setTimeout(function () {
            const element = document.querySelector(selector);
            if (element) element.scrollIntoView({block: "center"});
        }, TYPING_MS);
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
                byKey.set(info.key, new Img2Stl.ProfileKey(info, saved, engine, mayChange(info)));
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
