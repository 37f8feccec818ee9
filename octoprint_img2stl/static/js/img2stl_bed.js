(function (Img2Stl) {
    "use strict";

    const EVERY = 10; // mm
    const CHORDS = 72; // of a round bed's rim

    // the printer's bed as lines: x, y, z of their ends, its middle at the origin
    Img2Stl.bedLines = function (machine) {
        const points = [];
        const halfX = machine.width / 2;
        const halfY = machine.depth / 2;
        const round = machine.form === "circular";
        const line = function (x0, y0, x1, y1) {
            points.push(x0, y0, 0, x1, y1, 0);
        };
        const chord = function (at, half, other) {
            return round ? Math.sqrt(Math.max(0, half * half - at * at)) : other;
        };
        for (let x = 0; x <= halfX; x += EVERY) {
            [-x, x].forEach((at) =>
                line(at, -chord(at, halfX, halfY), at, chord(at, halfX, halfY))
            );
        }
        for (let y = 0; y <= halfY; y += EVERY) {
            [-y, y].forEach((at) =>
                line(-chord(at, halfX, halfX), at, chord(at, halfX, halfX), at)
            );
        }
        if (round) {
            for (let k = 0; k < CHORDS; k++) {
                const a = (2 * k * Math.PI) / CHORDS;
                const b = (2 * (k + 1) * Math.PI) / CHORDS;
                line(
                    halfX * Math.cos(a),
                    halfX * Math.sin(a),
                    halfX * Math.cos(b),
                    halfX * Math.sin(b)
                );
            }
        } else {
            line(-halfX, -halfY, halfX, -halfY);
            line(halfX, -halfY, halfX, halfY);
            line(halfX, halfY, -halfX, halfY);
            line(-halfX, halfY, -halfX, -halfY);
        }
        return new Float32Array(points);
    };
})(window.Img2Stl);
