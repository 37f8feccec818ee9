(function (Img2Stl) {
    "use strict";

    const SEVERITIES = ["error", "warning", "info"];
    const LIGHTS = {error: "red", warning: "yellow", info: "green"};

    //~~ what a fix is called

    const millimetres = (value) => Img2Stl.withUnit(value, gettext("mm"), 2);
    const say = (text, value) => _.sprintf(text, {value: value});
    const UNITS = () => ({
        mm: gettext("Read as millimetres"),
        cm: gettext("Read as centimetres"),
        m: gettext("Read as metres"),
        inch: gettext("Read as inches")
    });
    const SUPPORTS = () => ({
        none: gettext("Switch supports off"),
        plate: gettext("Switch supports on, from the bed only"),
        everywhere: gettext("Switch supports on")
    });
    const SPLITS = () => ({
        none: gettext("Leave it in one piece"),
        auto: gettext("Cut it in two"),
        at: gettext("Cut it in two")
    });
    const FIXES = {
        "mesh.base_cut": (value) =>
            say(gettext("Cut %(value)s off the bottom"), millimetres(value)),
        "mesh.plinth": (value) =>
            say(gettext("Put it on a plate of %(value)s"), millimetres(value)),
        "mesh.size": (value) =>
            say(gettext("Scale to %(value)s %%"), Img2Stl.number(value, 1)),
        "mesh.size_by": (value) =>
            value === "bed" ? gettext("As large as the bed allows") : null,
        "mesh.unit": (value) => UNITS()[value],
        "mesh.up": () => gettext("Turn it upright"),
        "mesh.turn": () => gettext("Turn it"),
        "mesh.split": (value) => SPLITS()[value],
        "mesh.copies": (value) =>
            _.sprintf(
                ngettext("Make %(count)d copy", "Make %(count)d copies", Number(value)),
                {count: Number(value)}
            ),
        "mesh.hollow": (value) =>
            value
                ? say(gettext("Walls of %(value)s"), millimetres(value))
                : gettext("Leave it solid"),
        "mesh.drain": (value) =>
            say(gettext("Drain hole of %(value)s"), millimetres(value)),
        "mesh.simplify": (value) =>
            value ? gettext("Simplify it") : gettext("Keep every triangle"),
        "mesh.keep_floaters": (value) =>
            value ? gettext("Keep the loose parts") : gettext("Drop the loose parts"),
        "mesh.cavities": (value) =>
            value === "fill" ? gettext("Fill the hollows") : gettext("Keep the hollows"),
        "mesh.openings": (value) =>
            value === "thicken"
                ? gettext("Give it a thickness")
                : gettext("Close the openings"),
        "mesh.sheet": (value) =>
            say(gettext("Make it %(value)s thick"), millimetres(value)),
        "mesh.repair": (value) =>
            value === "off" ? gettext("Undo the repair") : gettext("Repair it"),
        "slicing.supports": (value) => SUPPORTS()[value],
        "slicing.brim": (value) =>
            value
                ? say(gettext("Brim of %(value)s"), millimetres(value))
                : gettext("No brim"),
        "slicing.test_print": (value) =>
            value === "scaled" ? gettext("Print a smaller copy") : null,
        "slicing.scale_percent": (value) =>
            say(gettext("Copy of %(value)s %%"), Img2Stl.number(value, 0)),
        "slicing.walls": (value) =>
            _.sprintf(
                ngettext("Print %(count)d wall", "Print %(count)d walls", Number(value)),
                {count: Number(value)}
            )
    };

    // what the button says that sets a parameter to a value
    Img2Stl.fixText = function (field, suggest) {
        const own = FIXES[field] && FIXES[field](suggest);
        if (own) return own;
        const plain = typeof suggest === "number" ? Img2Stl.number(suggest, 3) : suggest;
        return Img2Stl.useText(plain);
    };

    //~~ values that would do

    // Sets a parameter of the open job where it is chosen, and goes there.
    Img2Stl.Fixes = function (root) {
        const self = this;
        const isMesh = () => {
            const job = root.job();
            return !!job && (job.kind === "mesh" || Img2Stl.isSolid(job));
        };

        // what may be set: {set, element, text}; this one is a plain choice of the slice
        const choiceOf = function (name) {
            const choice = root.shape.slicing.choices().find((item) => item.name === name);
            if (!choice) return null;
            return {
                set: (value) => choice.value(String(value)),
                element: () => $("select[data-test-id='" + choice.testId + "']")
            };
        };
        const optionOf = function (key, suggest) {
            const option = root.shape.relief.all
                .concat(root.shape.slicing.walls, root.shape.slicing.advice.testPrint.scale)
                .find((item) => item.key === key && item.isShown());
            if (!option || !option.couldBe(suggest)) return null;
            return {
                set: option.set,
                element: () => $(document.getElementById(option.id)),
                text: () => option.suggestText(suggest)
            };
        };
        const settingOf = function (field, suggest) {
            const [room, key] = field.split(".");
            if (room === "slicing") return choiceOf(key) || optionOf(key, suggest);
            return room === "relief" ? optionOf(key, suggest) : null;
        };

        self.can = (field, suggest) =>
            isMesh()
                ? root.meshShape.canFix({field: field, suggest: suggest})
                : !!settingOf(field, suggest);
        self.text = function (field, suggest) {
            if (isMesh()) return root.meshShape.fixText({field: field, suggest: suggest});
            const setting = settingOf(field, suggest);
            return setting && setting.text ? setting.text() : "";
        };
        self.apply = function (field, suggest) {
            if (isMesh()) {
                // it says itself what happened
                if (root.meshShape.applyFix(field, suggest)) {
                    root.solid.goOn();
                    root.show("shape");
                }
                return;
            }
            const setting = settingOf(field, suggest);
            if (!setting) return;
            const text = self.text(field, suggest) || Img2Stl.fixText(field, suggest);
            setting.set(suggest);
            root.show("shape");
            reveal(setting.element());
            root.announcement(
                _.sprintf(gettext("Done: %(change)s. Press Make to make it again."), {
                    change: text
                })
            );
        };
        // once the step is there
        const reveal = function (element) {
            window.setTimeout(function () {
                element.parents("details").prop("open", true);
                element.trigger("focus");
            }, 0);
        };
    };

    //~~ the list

    // What was found on a mesh: a traffic light, and the findings, gravest first, each of
    // which can be shown in the view and, where there is something to press, be mended.
    // The templates img2stl_light and img2stl_findings draw it.
    //
    // items: observable [{code, severity, message, field, suggest, bit, target}]
    // options: {id: unique on the page, onFix: (field, suggest, finding), canFix and fixText:
    //           the same, optional}
    Img2Stl.Findings = function (view, items, options) {
        const self = this;
        self.id = options.id;
        const findings = ko.pureComputed(() =>
            _.sortBy(ko.unwrap(items) || [], (finding) =>
                SEVERITIES.indexOf(finding.severity)
            )
        );
        const list = new Img2Stl.Rows();
        self.rows = list.rows;
        self.hasRows = ko.pureComputed(() => !!self.rows().length);

        //~~ the light

        const count = (severity) =>
            findings().filter((finding) => finding.severity === severity).length;
        const gravest = ko.pureComputed(
            () => SEVERITIES.find((severity) => count(severity)) || "info"
        );
        self.light = ko.pureComputed(() => LIGHTS[gravest()]);
        self.lamps = ["red", "yellow", "green"].map((lamp) => ({
            lampClass: ko.pureComputed(
                () =>
                    "img2stl-lamp-" + lamp + (self.light() === lamp ? " img2stl-lit" : "")
            )
        }));
        self.verdict = ko.pureComputed(
            () =>
                ({
                    red: gettext("Will not print"),
                    yellow: gettext("May fail"),
                    green: gettext("Prints as it is")
                }[self.light()])
        );
        self.counts = ko.pureComputed(function () {
            const said = [
                ["error", (n) => ngettext("%(count)d problem", "%(count)d problems", n)],
                [
                    "warning",
                    (n) => ngettext("%(count)d warning", "%(count)d warnings", n)
                ],
                ["info", (n) => ngettext("%(count)d note", "%(count)d notes", n)]
            ]
                .map(([severity, text]) => [count(severity), text])
                .filter(([number]) => number)
                .map(([number, text]) => _.sprintf(text(number), {count: number}));
            return said.length ? said.join(", ") : gettext("nothing found");
        });

        //~~ showing one

        self.chosen = ko.observable(null); // the id of its row
        self.isChosen = (finding) => self.chosen() === finding.id;
        self.hasChosen = ko.pureComputed(() => self.chosen() !== null);
        const hasBit = (finding) => typeof finding.bit === "number";
        self.showText = (finding) =>
            self.isChosen(finding) ? gettext("Show all") : gettext("Show");
        self.canShow = (finding) => hasBit(finding) || !!finding.target;

        const color = function () {
            const finding = list.get(self.chosen());
            view.colourBy(finding && hasBit(finding) ? finding.bit : null);
        };
        // one that is shown already is shown no longer, and neither is null
        self.choose = function (finding) {
            const shown = !!finding && !self.isChosen(finding);
            self.chosen(shown ? finding.id : null);
            color();
            view.lookAt(shown ? finding.target : null);
        };

        const take = function (found) {
            // two of the same kind are told apart by their order
            const times = {};
            list.take(
                found.map(function (finding) {
                    const number = (times[finding.code] || 0) + 1;
                    times[finding.code] = number;
                    return $.extend({}, finding, {id: finding.code + " " + number});
                })
            );
            if (self.hasChosen()) {
                if (!list.get(self.chosen())) self.chosen(null);
                color();
            }
        };
        findings.subscribe(take);
        take(findings());

        //~~ fixing one

        self.canFix = function (finding) {
            const {field, suggest} = finding;
            if (!field || suggest === null || suggest === undefined) return false;
            return !options.canFix || !!options.canFix(field, suggest, finding);
        };
        self.fixText = function (finding) {
            const {field, suggest} = finding;
            const own = options.fixText && options.fixText(field, suggest, finding);
            return own || Img2Stl.fixText(field, suggest);
        };
        self.fix = (finding) => options.onFix(finding.field, finding.suggest, finding);
    };
})(window.Img2Stl);
