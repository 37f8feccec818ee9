(function (Img2Stl) {
    "use strict";

    const MOST_TEXT = 60;

    // What is added to the shape.
    Img2Stl.ExtraOptions = function (kit) {
        const self = this;
        const on = (option) => () => !!option.value() && option.value() !== "none";

        const ring = kit.toggle({key: "ring", label: gettext("Ring to hang it by")});
        const holes = kit.choice({key: "holes", label: gettext("Holes")});
        const keyhole = kit.toggle({
            key: "keyhole",
            label: gettext("Keyhole on the back, for a screw")
        });
        const magnets = kit.number({
            key: "magnets",
            label: gettext("Magnets"),
            step: 1,
            digits: 0,
            slider: [0, 8],
            help: gettext("Pockets in the back; 0 for none.")
        });
        const stand = kit.choice({key: "stand", label: gettext("Stand")});
        const text = kit.text({key: "text", label: gettext("Text"), most: MOST_TEXT});
        const hasText = () => text.value().trim() !== "";

        const all = [
            ring,
            kit.millimetres({
                key: "ring_hole",
                label: gettext("Hole of the ring"),
                slider: [2, 20],
                isShown: on(ring)
            }),
            holes,
            kit.millimetres({
                key: "hole_diameter",
                label: gettext("Diameter of the holes"),
                slider: [1, 20],
                isShown: on(holes)
            }),
            keyhole,
            magnets,
            kit.millimetres({
                key: "magnet_diameter",
                label: gettext("Diameter of the magnets"),
                slider: [2, 30],
                isShown: on(magnets)
            }),
            kit.millimetres({
                key: "magnet_depth",
                label: gettext("Thickness of the magnets"),
                slider: [0.5, 10],
                isShown: on(magnets)
            }),
            stand,
            text,
            kit.millimetres({
                key: "text_size",
                label: gettext("Height of the letters"),
                step: 0.5,
                slider: [3, 60],
                isShown: hasText,
                help: gettext("Height of a capital.")
            }),
            kit.choice({
                key: "text_place",
                label: gettext("Place of the text"),
                isShown: hasText
            }),
            kit.millimetres({
                key: "text_raise",
                label: gettext("Raised by"),
                slider: [-3, 5],
                isShown: hasText,
                help: gettext("Below 0 the letters are engraved.")
            }),
            kit.choice({
                key: "font",
                label: gettext("Font"),
                isShown: hasText,
                // the first is the one that comes along; its value is empty
                options: ko.pureComputed(() =>
                    kit.fonts().map((name, index) => ({
                        value: index ? name : "",
                        label: name
                    }))
                )
            })
        ];
        self.all = all;
        self.shown = Img2Stl.shown(all);
    };
})(window.Img2Stl);
