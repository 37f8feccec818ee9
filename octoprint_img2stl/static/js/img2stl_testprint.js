(function (Img2Stl) {
    "use strict";

    const WHOLE = "none";
    const SCALED = "scaled";
    const SCALES = [5, 100]; // percent; the server has the last word

    // How much of a model is printed, to see how it comes out.
    //
    // slicing: {testPrint, scalePercent: observables}
    Img2Stl.TestPrint = function (root, slicing) {
        const self = this;
        self.value = slicing.testPrint;
        self.options = ko.pureComputed(
            () => ((root.state() || {}).choices || {}).test_print || []
        );
        self.isWhole = ko.pureComputed(() => self.value() === WHOLE);
        self.isScaled = ko.pureComputed(() => self.value() === SCALED);
        self.chosenLabel = ko.pureComputed(function () {
            const isIt = (option) => option.value === self.value();
            return self.isWhole() ? "" : (self.options().find(isIt) || {}).label || "";
        });
        self.scale = new Img2Stl.Field(
            {
                key: "scale_percent",
                label: gettext("Size of the copy"),
                unit: gettext("%"),
                step: 5,
                digits: 0,
                slider: SCALES,
                help: gettext("Thin parts of the model may get too thin to print."),
                isShown: self.isScaled
            },
            ko.observable({scale_percent: SCALES})
        );
        self.help = ko.pureComputed(
            () =>
                ({
                    sample: gettext(
                        "Cut out where the surface has most details, at its full size. The STL stays whole."
                    ),
                    scaled: gettext("Quicker, and with less material. The STL stays whole.")
                }[self.value()] || "")
        );

        // the field is what is typed, the setting only what is a number
        const scale = slicing.scalePercent;
        const show = function (percent) {
            if (self.scale.value() !== percent) self.scale.set(percent);
        };
        scale.subscribe(show);
        show(scale());
        self.scale.value.subscribe(function (percent) {
            if (percent !== null && !isNaN(percent)) scale(percent);
        });

        // sets what a problem of this part of the settings suggests; says whether it could
        self.fix = function (key, value) {
            if (key === "test_print") {
                self.value(value);
            } else if (key === self.scale.key) {
                scale(value);
            } else {
                return false;
            }
            return true;
        };
    };

    // What says of a result that it is only a piece of the model, and makes the whole.
    Img2Stl.TestPiece = function (root) {
        const self = this;
        const piece = ko.pureComputed(
            () => (root.job() && root.job().result && root.job().result.test_print) || null
        );
        // how many layers, where that is not all of them
        const firstLayers = ko.pureComputed(function () {
            const {result, params} = root.job() || {};
            return (result && params && (params.slicing || {}).first_layers) || 0;
        });
        self.isShown = ko.pureComputed(
            () => (!!piece() || firstLayers() > 0) && !root.progress.isBusy()
        );
        self.text = ko.pureComputed(() =>
            piece()
                ? _.sprintf(gettext("Test print: %(size)s"), {
                      size: Img2Stl.size(piece().size)
                  })
                : gettext("Test print: the first layers")
        );
        self.about = ko.pureComputed(() =>
            [aboutPiece(), aboutLayers()].filter((text) => text).join(" ")
        );
        const aboutLayers = function () {
            if (!firstLayers()) return "";
            return _.sprintf(
                ngettext(
                    "Printing ends after the first layer.",
                    "Printing ends after the first %(count)s layers.",
                    firstLayers()
                ),
                {count: Img2Stl.number(firstLayers(), 0)}
            );
        };
        const aboutPiece = function () {
            if (!piece()) return "";
            return piece().kind === SCALED
                ? _.sprintf(
                      gettext("This is the model at %(percent)s %% of its size."),
                      {percent: Img2Stl.number(piece().percent)}
                  )
                : gettext("This is a sample of the model, from where its details are.");
        };
        self.sending = ko.observable(false);
        self.canMake = ko.pureComputed(
            () =>
                root.can("create") &&
                !!(root.job() && root.job().can && root.job().can.make) &&
                !self.sending()
        );
        self.printWhole = function () {
            const open = root.job();
            const slicing = $.extend({}, open.params.slicing, {
                test_print: WHOLE,
                first_layers: 0
            });
            self.sending(true);
            OctoPrint.plugins.img2stl
                .make(open.id, $.extend({}, open.params, {slicing: slicing}))
                .done(function (answer) {
                    // the step in which it is shaped is not filled anew
                    [root.shape, root.meshShape].forEach(function (step) {
                        step.slicing.testPrint(WHOLE);
                        step.slicing.layers.firstLayers(0);
                    });
                    root.adopt(answer.job);
                })
                .fail((xhr) => root.complain(xhr))
                .always(() => self.sending(false));
        };
    };

    // What comes below the plain choices of a slice: suggestions, and how much is printed.
    Img2Stl.PrintAdvice = function (root, slicing) {
        const self = this;
        const advice = new Img2Stl.SliceAdvice(root, slicing);
        self.supportLabel = advice.supportLabel;
        self.suggestions = advice.suggestions;
        self.testPrint = new Img2Stl.TestPrint(root, slicing);
        self.fix = self.testPrint.fix;
    };
})(window.Img2Stl);
