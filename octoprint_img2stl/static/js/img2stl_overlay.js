(function (Img2Stl) {
    "use strict";

    const SVG = "http://www.w3.org/2000/svg";
    const AWAY = 0.05; // of the thing's diagonal: from the thing to its dimension lines
    const TEXT_AWAY = 3; // pixels from the end of a line to its text
    const GAP = 0.2; // of that: between the thing and the lines to its ends
    const BEYOND = 1.3; // and how far these go
    const LEAST_PX = 3; // shorter dimensions get no label
    const LEAST_BAR_PX = 4;
    const OUTSIDE_PX = 30;
    const BARS = [1, 10, 100]; // mm
    const RING_PX = [9, 60]; // a place that looks larger needs no ring to be found

    // Dimensions and a scale bar over a view, and a ring around a place of interest.
    Img2Stl.Overlay = function (element) {
        const self = this;
        const make = function (name, className, parent) {
            const made = ["svg", "path", "circle"].includes(name)
                ? document.createElementNS(SVG, name)
                : document.createElement(name);
            made.setAttribute("class", className);
            parent.appendChild(made);
            return made;
        };
        // the size is told in words below the view
        const root = make("div", "img2stl-overlay", element);
        root.setAttribute("aria-hidden", "true");
        const svg = make("svg", "img2stl-overlay-lines", root);
        const dimensions = ["width", "depth", "height"].map(function (name) {
            const label = make("span", "img2stl-overlay-label", root);
            label.setAttribute("data-test-id", "img2stl-dimension-" + name);
            return {line: make("path", "", svg), label: label};
        });
        // light around dark, to be seen on anything
        const rings = ["img2stl-ring-outer", "img2stl-ring"].map((name) =>
            make("circle", name, svg)
        );
        const scale = make("div", "img2stl-overlay-scale", root);
        const scaleText = make("span", "", scale);
        const scaleBar = make("div", "img2stl-overlay-bar", scale);
        scale.setAttribute("data-test-id", "img2stl-scale");

        const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

        const drawDimension = function (what, from, to, out, view) {
            const shift = (point, share) =>
                view.project(point.map((value, k) => value + share * out[k]));
            const [a, b] = [shift(from, 1), shift(to, 1)];
            const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
            // a label whose line is far outside of the view would only lie in the way
            const inside = [0, 1].every(function (k) {
                const middle = (a[k] + b[k]) / 2;
                return middle > -OUTSIDE_PX && middle < view.size[k] + OUTSIDE_PX;
            });
            const visible = length >= LEAST_PX && inside;
            what.line.style.display = what.label.style.display = visible ? "" : "none";
            if (!visible) return;
            const text = (points) => points.map((point) => point.join(" ")).join("L");
            what.line.setAttribute(
                "d",
                "M" +
                    text([a, b]) +
                    "M" +
                    text([shift(from, GAP), shift(from, BEYOND)]) +
                    "M" +
                    text([shift(to, GAP), shift(to, BEYOND)])
            );
            // the text goes on outward from the line's middle
            const inner = shift(from, 0);
            const outward = [a[0] - inner[0], a[1] - inner[1]];
            const far = Math.hypot(outward[0], outward[1]) || 1;
            const half = [what.label.offsetWidth / 2, what.label.offsetHeight / 2];
            const place = [0, 1].map(function (k) {
                const share = outward[k] / far;
                const reach = (BEYOND - 1) * far + TEXT_AWAY + half[k];
                const middle = (a[k] + b[k]) / 2 + share * reach;
                return clamp(middle, half[k] + 2, view.size[k] - half[k] - 2);
            });
            what.label.style.transform =
                "translate(" +
                (place[0] - half[0]).toFixed(1) +
                "px," +
                (place[1] - half[1]).toFixed(1) +
                "px)";
        };

        const drawRing = function (place, view) {
            const radius = place
                ? Math.max(RING_PX[0], 1.25 * place.radius * view.pixelsPerMm)
                : Infinity;
            const visible = radius <= RING_PX[1];
            const [x, y] = visible ? view.project(place.centre) : [0, 0];
            rings.forEach(function (ring) {
                ring.style.display = visible ? "" : "none";
                if (!visible) return;
                ring.setAttribute("cx", x.toFixed(1));
                ring.setAttribute("cy", y.toFixed(1));
                ring.setAttribute("r", radius.toFixed(1));
            });
        };

        let told = "";
        const tell = function (size) {
            // as in drawings: millimetres go without saying
            const text = size.map((length) =>
                Img2Stl.number(length, length < 10 ? 2 : 1)
            );
            if (text.join() === told) return;
            told = text.join();
            dimensions.forEach((what, k) => (what.label.textContent = text[k]));
        };

        // box: [x, y, z] mm, standing on z = 0 about x = y = 0
        // view: {project: point -> pixels, eye: direction to the viewer, pixelsPerMm, size}
        // place: {centre, radius} to draw a ring around, or nothing
        self.draw = function (box, view, place) {
            tell(box);
            drawRing(place, view);
            const [x, y] = [box[0] / 2, box[1] / 2];
            const away = AWAY * Math.hypot(box[0], box[1], box[2]);
            const front = view.eye[1] > 0 ? 1 : -1;
            const side = view.eye[0] < -1e-6 ? -1 : 1;
            const near = front * y;
            const [width, depth, height] = dimensions;
            drawDimension(width, [-x, near, 0], [x, near, 0], [0, front * away, 0], view);
            drawDimension(
                depth,
                [side * x, -y, 0],
                [side * x, y, 0],
                [side * away, 0, 0],
                view
            );
            drawDimension(
                height,
                [-side * x, near, 0],
                [-side * x, near, box[2]],
                [-side * away, 0, 0],
                view
            );
            const length =
                BARS.find((bar) => bar * view.pixelsPerMm >= LEAST_BAR_PX) || BARS[2];
            scaleBar.style.width = (length * view.pixelsPerMm).toFixed(1) + "px";
            scaleText.textContent = Img2Stl.withUnit(length, gettext("mm"));
        };
    };
})(window.Img2Stl);
