(function (Img2Stl) {
    "use strict";

    // Colours of a mesh by what was found on it. They differ in brightness as well as in hue,
    // dark red, bright amber, middle blue, so that nobody needs to tell hues apart; sRGB.
    const COLORS = {
        error: [176, 18, 44],
        warning: [250, 178, 20],
        info: [66, 143, 222]
    };
    const PLASTIC = [238, 235, 228];
    const PALE = [222, 221, 217]; // the rest of a mesh while one finding is shown
    const GRAVEST_FIRST = ["error", "warning", "info"];
    const NONE = 0;

    Img2Stl.markColor = [0, 140, 126]; // the face under the pointer
    Img2Stl.findingColor = (severity) => COLORS[severity] || COLORS.info;

    const isBit = (bit) => typeof bit === "number" && bit >= 0 && bit < 32;

    // the severity of each face as 1 + its place in GRAVEST_FIRST; 0 where nothing was found
    // bit: of the one finding that counts, or null for all
    const ranks = function (flags, findings, bit) {
        const masks = GRAVEST_FIRST.map((severity) =>
            findings
                .filter((finding) => finding.severity === severity)
                .filter((finding) => isBit(finding.bit))
                .filter((finding) => bit === null || finding.bit === bit)
                .reduce((mask, finding) => (mask | (1 << finding.bit)) >>> 0, 0)
        );
        const [error, warning, info] = masks;
        const found = new Uint8Array(flags.length);
        for (let f = 0; f < flags.length; f++) {
            const flag = flags[f];
            if (!flag) continue;
            found[f] = flag & error ? 1 : flag & warning ? 2 : flag & info ? 3 : NONE;
        }
        return found;
    };

    // How a mesh is to be painted: {colors: sRGB of each corner of each face, present: the
    // severities that are seen, faces: those of the one finding}.
    //
    // flags: of the faces; findings: [{severity, bit}]; bit: the one to show, or null for all
    Img2Stl.paint = function (faceCount, flags, findings, bit) {
        const palette = [bit === null ? PLASTIC : PALE].concat(
            GRAVEST_FIRST.map((severity) => COLORS[severity])
        );
        const known = !!flags && flags.length === faceCount;
        const found = known ? ranks(flags, findings, bit) : new Uint8Array(faceCount);
        const colors = new Uint8Array(9 * faceCount);
        const seen = [0, 0, 0, 0];
        for (let f = 0, c = 0; f < faceCount; f++) {
            const [red, green, blue] = palette[found[f]];
            seen[found[f]]++;
            for (let corner = 0; corner < 3; corner++) {
                colors[c++] = red;
                colors[c++] = green;
                colors[c++] = blue;
            }
        }
        return {
            colors: colors,
            present: GRAVEST_FIRST.filter((severity, k) => seen[k + 1]),
            faces: bit === null ? [] : indicesOf(found)
        };
    };

    const indicesOf = function (found) {
        const indices = [];
        for (let f = 0; f < found.length; f++) {
            if (found[f]) indices.push(f);
        }
        return indices;
    };

    // the corners of some of the faces
    Img2Stl.cornersOf = function (corners, faces) {
        const some = new Float32Array(9 * faces.length);
        faces.forEach((face, k) =>
            some.set(corners.subarray(9 * face, 9 * face + 9), 9 * k)
        );
        return some;
    };
})(window.Img2Stl);
