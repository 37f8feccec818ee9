(function (Img2Stl) {
    "use strict";

    // how strongly plastic swallows light, 1/mm; white PLA is about this
    const ABSORPTION = 1.1;

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

    // light that comes through `thickness` mm of plastic, 0..1 (Beer-Lambert)
    Img2Stl.glow = function (thickness, thinnest) {
        return Math.exp(-ABSORPTION * Math.max(0, thickness - thinnest));
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
                let shade;
                if (backlit) {
                    shade = Img2Stl.glow(z[i], preview.z_min);
                } else {
                    const right = z[row * columns + Math.min(columns - 1, column + 1)];
                    const below = z[Math.min(rows - 1, row + 1) * columns + column];
                    const dx = (z[i] - right) / spacing;
                    const dy = (z[i] - below) / spacing;
                    const lamp = (0.5 * -dx + 0.5 * -dy + 0.7) / Math.hypot(dx, dy, 1);
                    shade = Math.min(1, Math.max(0.08, lamp));
                }
                image.data[4 * i] = 255 * shade;
                image.data[4 * i + 1] = (backlit ? 236 : 255) * shade;
                image.data[4 * i + 2] = (backlit ? 205 : 250) * shade;
                image.data[4 * i + 3] = 255;
            }
        }
        context.putImageData(image, 0, 0);
    };
})(window.Img2Stl);
