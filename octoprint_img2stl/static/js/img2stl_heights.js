(function (Img2Stl) {
    "use strict";

    // the same plastic and lamp as in the server's pictures (relief/picture.py)
    const TENTH_THICKNESS = 2.3; // mm of white PLA through which a tenth of the light passes
    const PLASTIC = [235, 232, 226];
    const LAMP = [255, 219, 173];

    // the grid of heights as it comes from the server, mm
    Img2Stl.decodeHeights = function (preview) {
        const bytes = window.atob(preview.z16);
        const count = preview.columns * preview.rows;
        const z = new Float32Array(count);
        const step = (preview.z_max - preview.z_min) / 65535;
        for (let i = 0; i < count; i++) {
            const value = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
            z[i] = preview.z_min + value * step;
        }
        return z;
    };

    // sRGB colour, 0..255, of a lamp behind `thickness` mm of plastic (Beer-Lambert)
    Img2Stl.glow = function (thickness, thinnest) {
        const light = Math.pow(10, (thinnest - thickness) / TENTH_THICKNESS);
        const encoded =
            light <= 0.0031308 ? 12.92 * light : 1.055 * Math.pow(light, 1 / 2.4) - 0.055;
        return LAMP.map((part) => part * encoded);
    };

    // the same grid as a picture: a lamp from the upper left, or light from behind
    Img2Stl.drawHeights = function (canvas, preview, backlit) {
        const z = Img2Stl.decodeHeights(preview);
        const columns = preview.columns;
        const rows = preview.rows;
        canvas.width = columns;
        canvas.height = rows;
        const context = canvas.getContext("2d");
        const image = context.createImageData(columns, rows);
        const spacing = preview.width / Math.max(1, columns - 1);
        for (let row = 0; row < rows; row++) {
            for (let column = 0; column < columns; column++) {
                const i = row * columns + column;
                let color;
                if (backlit) {
                    color = Img2Stl.glow(z[i], preview.z_min);
                } else {
                    const right = z[row * columns + Math.min(columns - 1, column + 1)];
                    const below = z[Math.min(rows - 1, row + 1) * columns + column];
                    const dx = (z[i] - right) / spacing;
                    const dy = (z[i] - below) / spacing;
                    const lamp = (0.5 * -dx + 0.5 * -dy + 0.7) / Math.hypot(dx, dy, 1);
                    const shade = Math.min(1, Math.max(0.08, lamp));
                    color = PLASTIC.map((part) => part * shade);
                }
                image.data.set(color, 4 * i);
                image.data[4 * i + 3] = 255;
            }
        }
        context.putImageData(image, 0, 0);
    };
})(window.Img2Stl);
