(function (Img2Stl) {
    "use strict";

    const MINUTE_S = 60;
    const OTHER = "other";
    const CENTS = {minimumFractionDigits: 2, maximumFractionDigits: 2};

    // what a family of lines, slicing/gcode_kinds.py, is called
    const familyLabel = function (family) {
        return {
            outer: gettext("Outer walls"),
            inner: gettext("Inner walls"),
            overhang: gettext("Overhanging walls"),
            solid: gettext("Solid infill"),
            top: gettext("Top surface"),
            sparse: gettext("Infill"),
            bridge: gettext("Bridges"),
            gap: gettext("Gap filling"),
            skirt: gettext("Skirt and brim"),
            support: gettext("Supports"),
            interface: gettext("Support, where it touches"),
            ironing: gettext("Ironing"),
            tower: gettext("Wipe tower")
        }[family];
    };

    // also of less than a minute
    Img2Stl.shortTime = function (seconds) {
        if (!(seconds < MINUTE_S - 0.5)) return Img2Stl.duration(seconds);
        const text = _.sprintf(gettext("%(seconds)d s"), {
            seconds: Math.max(1, Math.round(seconds))
        });
        return seconds < 0.5 ? "< " + text : text;
    };

    // {amount, per_kg, currency, spool} in words, and where it comes from
    const money = (value, currency) =>
        _.sprintf(currency ? "%(value)s %(currency)s" : "%(value)s", {
            value: value.toLocaleString(LOCALE.replace("_", "-"), CENTS),
            currency: currency
        });
    Img2Stl.cost = (cost) => (cost ? money(cost.amount, cost.currency) : "");
    Img2Stl.costFrom = function (cost) {
        if (!cost) return "";
        const words = {price: money(cost.per_kg, cost.currency), spool: cost.spool};
        return cost.spool
            ? _.sprintf(gettext("(%(price)s per kg, as paid for %(spool)s)"), words)
            : _.sprintf(gettext("(%(price)s per kg)"), words);
    };

    // What of a type of line the picture shows: its key is the family, which has one colour;
    // a type that belongs to none stands for itself.
    const keyOf = (group) => (group.family === OTHER ? group.kind : group.family);

    // The types of line: colour, what they take, and whether they are shown.
    //
    // result, summary, drawn: observables: the job's result, its `layers.json`, the layer
    // that is drawn; layer: its number, from 1
    Img2Stl.LayerLegend = function (result, summary, drawn, layer) {
        const self = this;
        const hidden = ko.observableArray([]);
        self.travel = ko.observable(false);

        self.shows = (group) => !hidden().includes(keyOf(group));
        // a text that is another one when something else is shown
        self.state = ko.pureComputed(() => JSON.stringify([hidden(), self.travel()]));

        // grams of a length: all of one print's filament weighs the same
        const gramsOf = function (length) {
            const {filament_g, filament_mm} = result() || {};
            return filament_g && filament_mm ? (length * filament_g) / filament_mm : 0;
        };
        // what is too little for the digits gets one more
        const amount = function (value, unit, digits) {
            if (!value) return "";
            if (value >= 10 ** -digits) return Img2Stl.withUnit(value, unit, digits);
            const least = 10 ** -(digits + 1);
            const text = Img2Stl.withUnit(Math.max(value, least), unit, digits + 1);
            return value < least ? "< " + text : text;
        };
        const row = function (key, label, colour) {
            return {
                key: key,
                label: label,
                colour: colour,
                time_s: 0,
                filament_mm: 0,
                places: [], // among the summary's types
                kinds: [],
                shown: ko.pureComputed({
                    read: () => !hidden().includes(key),
                    write: (shown) =>
                        shown ? hidden.remove(key) : hidden.push(key)
                })
            };
        };
        const here = ko.pureComputed(
            () => ((summary() || {}).kinds || [])[Number(layer()) - 1]
        );
        // there may be more types than JavaScript's whole numbers have bits
        const hasBit = (bits, place) => Math.floor(bits / 2 ** place) % 2 === 1;
        const finish = (each) =>
            $.extend(each, {
                isHere: ko.pureComputed(
                    () =>
                        here() === undefined ||
                        !each.places.length ||
                        each.places.some((place) => hasBit(here(), place))
                ),
                time: each.time_s ? Img2Stl.shortTime(each.time_s) : "",
                metres: amount(each.filament_mm / 1000, gettext("m"), 2),
                grams: amount(gramsOf(each.filament_mm), gettext("g"), 1),
                title: each.kinds.join(", ")
            });

        // what takes longest comes first
        self.rows = ko.pureComputed(function () {
            const known = (summary() || {}).legend || [];
            // of a job that was sliced before there was a legend, what is drawn
            const groups = known.length ? known : (drawn() || {}).lines || [];
            const rows = new Map();
            groups.forEach(function (group, place) {
                const key = keyOf(group);
                const label = familyLabel(group.family) || group.kind || gettext("Other");
                if (!rows.has(key)) rows.set(key, row(key, label, group.colour));
                const found = rows.get(key);
                found.time_s += group.time_s || 0;
                found.filament_mm += group.filament_mm || 0;
                if (known.length) found.places.push(place);
                if (!found.kinds.includes(group.kind)) found.kinds.push(group.kind);
            });
            return [...rows.values()]
                .sort((one, other) => other.time_s - one.time_s)
                .map(finish);
        });
        self.travelColour = ko.pureComputed(() => ((drawn() || {}).travel || {}).colour);
        // travel, retraction, heating
        self.travelTime = ko.pureComputed(function () {
            const all_s = (result() || {}).print_time_s || 0;
            const lines_s = self.rows().reduce((sum, each) => sum + each.time_s, 0);
            return lines_s && all_s > lines_s ? Img2Stl.shortTime(all_s - lines_s) : "";
        });
        self.hasSums = ko.pureComputed(() => self.rows().some((each) => each.time));

        const at = (name, number) => ((summary() || {})[name] || [])[number];
        self.firstTime = ko.pureComputed(function () {
            const time_s = at("time_s", 0);
            return time_s ? Img2Stl.shortTime(time_s) : "";
        });
        // what the layer that is looked at takes
        self.layerText = ko.pureComputed(function () {
            const number = Number(layer()) - 1;
            const time_s = at("time_s", number);
            if (!time_s) return "";
            return _.sprintf(gettext("This layer: %(time)s, %(filament)s"), {
                time: Img2Stl.shortTime(time_s),
                filament: Img2Stl.withUnit(
                    at("filament_mm", number) / 1000,
                    gettext("m"),
                    2
                )
            });
        });
        self.forget = () => hidden.removeAll();
    };
})(window.Img2Stl);
