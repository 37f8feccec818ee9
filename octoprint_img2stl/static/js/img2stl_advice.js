(function (Img2Stl) {
    "use strict";

    const NONE = "none"; // neither supports nor a test print
    const SUPPORTED = ["plate", "everywhere"];
    const STRONG = 40; // percent of infill from which somebody wants a strong part
    const SOLID = 100;
    const STRONG_WALLS = 4;

    // an infill in the list: what it is good for, and the number
    Img2Stl.infillLabel = function (value, label) {
        const number = Img2Stl.number(Number(value));
        const values = {label: label, value: number};
        return label === String(value)
            ? _.sprintf(gettext("%(value)s %%"), values)
            : _.sprintf(gettext("%(label)s (%(value)s %%)"), values);
    };

    // What supports would take in this job, and what it is better printed with.
    //
    // slicing: {choice: name -> {own, value}, walls}
    Img2Stl.SliceAdvice = function (root, slicing) {
        const self = this;
        const chosen = (name) => slicing.choice(name).own();

        //~~ what supports cost: as the last look at the mesh or the last make found it

        const found = ko.pureComputed(function () {
            const job = root.job();
            if (!job) return null;
            const seen = root.getsReady() && root.meshShape.preview.latest();
            return (seen && seen.supports) || (job.result && job.result.supports) || null;
        });
        const density = ko.pureComputed(function () {
            const materials = ((root.state() || {}).choices || {}).material || [];
            const material = materials.find((each) => each.value === chosen("material"));
            return material ? material.density : 0;
        });
        const volume = (kind) => (found() && found()[kind + "_cm3"]) || 0;
        const cost = function (cm3) {
            const values = {
                volume: Img2Stl.number(cm3),
                grams: Img2Stl.number(cm3 * density(), cm3 * density() < 1 ? 1 : 0)
            };
            return density()
                ? _.sprintf(gettext("about %(volume)s cm³, %(grams)s g"), values)
                : _.sprintf(gettext("about %(volume)s cm³"), values);
        };
        // a choice of supports in the list, with what it costs
        self.supportLabel = function (value, label) {
            if (!SUPPORTED.includes(value) || !volume("everywhere")) return label;
            return _.sprintf(gettext("%(label)s (%(cost)s)"), {
                label: label,
                cost: volume(value) ? cost(volume(value)) : gettext("reaches nothing here")
            });
        };

        //~~ suggestions: {id, text, action, press}

        const useSupports = (value) => () => slicing.choice("supports").value(value);
        const supports = ko.pureComputed(function () {
            const now = slicing.choice("supports").value();
            const suggest = found() && found().suggest;
            // where a profile decides, it is not known what it says
            if (!suggest || ![NONE, ...SUPPORTED].includes(now)) return null;
            if (suggest === now) return null;
            if (suggest === NONE) {
                return {
                    text: gettext("This model prints without supports."),
                    action: gettext("No supports"),
                    press: useSupports(NONE)
                };
            }
            const action =
                suggest === "plate"
                    ? gettext("Supports from the bed only")
                    : gettext("Supports everywhere");
            const text = function () {
                if (now === NONE) {
                    return gettext("Parts of this model overhang and need supports.");
                }
                return suggest === "plate"
                    ? gettext("Supports from the bed are enough for this model.")
                    : gettext(
                          "Supports from the bed do not reach all that overhangs here."
                      );
            };
            return {
                text: text(),
                action: _.sprintf(gettext("%(label)s (%(cost)s)"), {
                    label: action,
                    cost: cost(volume(suggest))
                }),
                press: useSupports(suggest)
            };
        });
        const walls = ko.pureComputed(function () {
            const infill = Number(slicing.choice("infill").value());
            const count = slicing.walls.value();
            if (!(infill >= STRONG && infill < SOLID) || count === null) return null;
            if (!(count < STRONG_WALLS)) return null;
            return {
                text: gettext("For a strong part, more walls do more than more infill."),
                action: _.sprintf(
                    ngettext("Print %(count)d wall", "Print %(count)d walls", STRONG_WALLS),
                    {count: STRONG_WALLS}
                ),
                press: () => slicing.walls.set(STRONG_WALLS)
            };
        });
        const row = (id, suggestion) =>
            suggestion ? [$.extend({testId: "img2stl-advice-" + id}, suggestion)] : [];
        self.suggestions = ko.pureComputed(() => [
            ...row("supports", supports()),
            ...row("walls", walls())
        ]);
    };
})(window.Img2Stl);
