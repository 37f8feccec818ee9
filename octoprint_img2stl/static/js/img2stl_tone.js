(function (Img2Stl) {
    "use strict";

    const MOST_STEPS = 16;

    // How the greys of the photo become height.
    Img2Stl.ToneOptions = function (kit) {
        const self = this;
        const is = (option, value) => () => option.value() === value;

        const source = kit.choice({
            key: "source",
            label: gettext("Height from"),
            help: gettext("Which value of the photo becomes height.")
        });
        const compression = kit.share({
            key: "compression",
            label: gettext("Flatten"),
            isShown: is(source, "depth"),
            help: gettext(
                "Takes height from great steps of the depth map, keeps details."
            )
        });
        const invert = kit.toggle({
            key: "invert",
            label: ko.pureComputed(() =>
                kit.isLithophane()
                    ? gettext("Invert: bright parts get thick")
                    : gettext("Invert: dark parts stand high")
            )
        });
        const mirror = kit.toggle({
            key: "mirror",
            label: gettext("Mirror, as for a stamp")
        });
        const autoLevels = kit.toggle({
            key: "auto_levels",
            label: gettext("Stretch the brightness from black to white")
        });

        self.levels = new Img2Stl.Levels(kit);
        self.curve = new Img2Stl.Curve(self.levels.histogramPath);

        const contrast = kit.number({
            key: "contrast",
            label: gettext("Contrast"),
            step: 0.05,
            digits: 2,
            slider: [0.2, 3],
            help: gettext("1 leaves the photo as it is.")
        });
        const localContrast = kit.share({
            key: "local_contrast",
            label: gettext("Local contrast"),
            help: gettext("Brings out details in dark and in bright parts.")
        });
        const edgeSmoothing = kit.millimetres({
            key: "edge_smoothing",
            label: gettext("Smoothing that keeps edges"),
            step: 0.05,
            digits: 2,
            slider: [0, 2]
        });
        const smoothing = kit.millimetres({
            key: "smoothing",
            label: gettext("Smoothing"),
            step: 0.05,
            digits: 2,
            slider: [0, 2],
            help: gettext("Details smaller than this melt away.")
        });
        const sharpening = kit.number({
            key: "sharpening",
            label: gettext("Sharpening"),
            step: 0.05,
            digits: 2,
            slider: [0, 3],
            help: gettext("0 for none.")
        });
        const steps = kit.choice({
            key: "steps",
            label: gettext("Flat levels"),
            options: ko.observableArray(stepChoices()),
            help: gettext("A drawing or logo in flat levels with upright walls.")
        });
        const threshold = kit.share({
            key: "threshold",
            label: gettext("Threshold"),
            isShown: is(steps, 2),
            help: gettext("The grey at which the two levels part.")
        });
        const debanding = kit.choice({
            key: "debanding",
            label: gettext("Visible steps (banding)"),
            help: gettext("A photo of 8 bits has 256 greys, which show on a high relief.")
        });
        const lightTrue = kit.toggle({
            key: "light_true",
            label: gettext("Thickness for true brightness"),
            isShown: kit.isLithophane
        });
        const transmission = kit.millimetres({
            key: "transmission",
            label: gettext("Transmission"),
            step: 0.05,
            digits: 2,
            slider: [0.3, 10],
            isShown: kit.isLithophane,
            help: gettext(
                "Thickness of your filament through which a tenth of the light passes."
            )
        });

        const above = [source, compression, invert, mirror, autoLevels];
        const below = [
            contrast,
            localContrast,
            edgeSmoothing,
            smoothing,
            sharpening,
            steps,
            threshold,
            debanding,
            lightTrue,
            transmission
        ];
        self.transmission = transmission;
        self.all = above.concat(self.levels.all, self.curve, below);
        self.above = Img2Stl.shown(above);
        self.below = Img2Stl.shown(below);
    };

    const stepChoices = function () {
        const choices = [{value: 0, label: gettext("None: smooth heights")}];
        for (let count = 2; count <= MOST_STEPS; count++) {
            choices.push({
                value: count,
                label: _.sprintf(gettext("%(count)d levels"), {count: count})
            });
        }
        return choices;
    };
})(window.Img2Stl);
