(function (Img2Stl) {
    "use strict";

    const KEY_STEP = 0.01;
    const KEY_STEP_BIG = 0.05;
    const LEAST_RANGE = 0.01; // between black and white
    const BARS_HIGH = 100; // of the drawing

    const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
    const round = (value) => Math.round(value * 1000) / 1000;

    // The histogram with black point, white point and gamma to drag.
    Img2Stl.Levels = function (kit) {
        const self = this;
        const field = (what) => kit.number($.extend({step: 0.01, digits: 2}, what));
        self.black = field({key: "black", label: gettext("Black point")});
        self.gamma = field({
            key: "gamma",
            label: gettext("Gamma"),
            help: gettext("Above 1 the middle gets brighter.")
        });
        self.white = field({key: "white", label: gettext("White point")});
        self.all = [self.black, self.gamma, self.white];

        //~~ bars: shares of 64 equal parts of the greys, darkest first

        self.histogram = ko.observable([]);
        self.histogramPath = ko.pureComputed(function () {
            const shares = self.histogram();
            const most = Math.max.apply(null, shares);
            if (!shares.length || !(most > 0)) return "";
            const width = BARS_HIGH / shares.length;
            // the root lets rare greys be seen beside a bare background
            const bars = shares.map(function (share, index) {
                const top = BARS_HIGH * (1 - Math.sqrt(share / most));
                return "V" + top.toFixed(1) + "H" + ((index + 1) * width).toFixed(2);
            });
            return "M0 " + BARS_HIGH + bars.join("") + "V" + BARS_HIGH + "Z";
        });

        //~~ handles

        const number = (option, fallback) => {
            const value = option.value();
            return typeof value === "number" && !isNaN(value) ? value : fallback;
        };
        const black = () => clamp(number(self.black, 0), 0, 1);
        const white = () => clamp(number(self.white, 1), 0, 1);
        // the grey that becomes the middle one
        const middle = () =>
            black() +
            (white() - black()) * Math.pow(0.5, clamp(number(self.gamma, 1), 0.2, 5));

        const moveTo = {
            black: (at) => self.black.set(round(clamp(at, 0, white() - LEAST_RANGE))),
            white: (at) => self.white.set(round(clamp(at, black() + LEAST_RANGE, 1))),
            gamma: function (at) {
                const share = (at - black()) / (white() - black());
                const gamma = Math.log(clamp(share, 0.01, 0.99)) / Math.log(0.5);
                self.gamma.set(round(clamp(gamma, 0.2, 5)));
            }
        };
        const handle = (key, label, at, option) => ({
            key: key,
            label: label,
            at: at,
            style: ko.pureComputed(() => ({left: 100 * at() + "%"})),
            attr: ko.pureComputed(() => ({
                "data-handle": key,
                "aria-label": label,
                "aria-valuemin": option.limits() ? option.limits()[0] : 0,
                "aria-valuemax": option.limits() ? option.limits()[1] : 1,
                "aria-valuenow": option.value(),
                "aria-valuetext": Img2Stl.number(option.value(), 2),
                "data-test-id": "img2stl-levels-" + key
            }))
        });
        self.handles = [
            handle("black", gettext("Black point"), black, self.black),
            handle("gamma", gettext("Gamma"), middle, self.gamma),
            handle("white", gettext("White point"), white, self.white)
        ];

        self.startDrag = function (what, event) {
            const stage = event.currentTarget.parentNode;
            return Img2Stl.drag(event, stage, [what.at(), 0], function (x) {
                Img2Stl.frames.input();
                moveTo[what.key](x);
            });
        };
        self.moveByKey = function (what, event) {
            const step = event.shiftKey ? KEY_STEP_BIG : KEY_STEP;
            const by = {
                ArrowLeft: -step,
                ArrowDown: -step,
                ArrowRight: step,
                ArrowUp: step
            }[event.key];
            if (!by) return true;
            Img2Stl.frames.input();
            moveTo[what.key](what.at() + by);
            return false;
        };
        self.reset = function () {
            Img2Stl.frames.input();
            self.black.set(0);
            self.white.set(1);
            self.gamma.set(1);
        };
        self.isReset = ko.pureComputed(
            () =>
                self.black.value() === 0 &&
                self.white.value() === 1 &&
                self.gamma.value() === 1
        );
    };
})(window.Img2Stl);
