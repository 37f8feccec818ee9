(function (Img2Stl) {
    "use strict";

    const BED_LINE_EVERY = 10; // mm

    // the closed solid that stands on a grid of heights, its flat bottom at z = 0
    Img2Stl.buildSolid = function (THREE, preview) {
        const z = Img2Stl.decodeHeights(preview);
        const columns = preview.columns;
        const rows = preview.rows;
        const top = columns * rows;
        const rim = [];
        for (let c = 0; c < columns; c++) rim.push(c);
        for (let r = 1; r < rows; r++) rim.push(r * columns + columns - 1);
        for (let c = columns - 2; c >= 0; c--) rim.push((rows - 1) * columns + c);
        for (let r = rows - 2; r > 0; r--) rim.push(r * columns);

        // the rim's nodes again, above and below, so that the walls get flat normals
        const positions = new Float32Array(3 * (top + 2 * rim.length + 4));
        for (let row = 0; row < rows; row++) {
            const y = preview.depth * (0.5 - row / (rows - 1));
            for (let column = 0; column < columns; column++) {
                const i = row * columns + column;
                positions[3 * i] = preview.width * (column / (columns - 1) - 0.5);
                positions[3 * i + 1] = y;
                positions[3 * i + 2] = z[i];
            }
        }
        rim.forEach(function (node, k) {
            for (let level = 0; level < 2; level++) {
                const to = 3 * (top + 2 * k + level);
                positions[to] = positions[3 * node];
                positions[to + 1] = positions[3 * node + 1];
                positions[to + 2] = level === 0 ? positions[3 * node + 2] : 0;
            }
        });
        const floor = top + 2 * rim.length;
        [
            [-1, 1],
            [1, 1],
            [1, -1],
            [-1, -1]
        ].forEach(function (corner, k) {
            positions[3 * (floor + k)] = (corner[0] * preview.width) / 2;
            positions[3 * (floor + k) + 1] = (corner[1] * preview.depth) / 2;
        });

        const index = new Uint32Array(
            6 * (columns - 1) * (rows - 1) + 6 * rim.length + 6
        );
        let n = 0;
        const quad = function (a, b, c, d) {
            index.set([a, b, c, a, c, d], n);
            n += 6;
        };
        for (let row = 0; row < rows - 1; row++) {
            for (let column = 0; column < columns - 1; column++) {
                const i = row * columns + column;
                quad(i, i + columns, i + columns + 1, i + 1);
            }
        }
        for (let k = 0; k < rim.length; k++) {
            const here = top + 2 * k;
            const next = top + 2 * ((k + 1) % rim.length);
            quad(here, next, next + 1, here + 1);
        }
        quad(floor, floor + 1, floor + 2, floor + 3);

        const geometry = new THREE.BufferGeometry();
        geometry.setAttribute("position", new THREE.BufferAttribute(positions, 3));
        geometry.setIndex(new THREE.BufferAttribute(index, 1));
        geometry.computeVertexNormals();
        return geometry;
    };

    // colours as of light that comes through from behind
    Img2Stl.paintGlow = function (THREE, geometry, preview) {
        const position = geometry.getAttribute("position");
        const colors = new Float32Array(3 * position.count);
        const color = new THREE.Color();
        for (let i = 0; i < position.count; i++) {
            const height = position.getZ(i);
            // no light comes out of the back, which is where the lamp is
            const glow = Img2Stl.glow(height || preview.z_max, preview.z_min);
            color.setRGB(glow[0] / 255, glow[1] / 255, glow[2] / 255, "srgb");
            colors.set([color.r, color.g, color.b], 3 * i);
        }
        geometry.setAttribute("color", new THREE.BufferAttribute(colors, 3));
    };

    // the printer's bed as lines, its middle at the origin
    Img2Stl.buildBed = function (THREE, machine) {
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
        for (let x = 0; x <= halfX; x += BED_LINE_EVERY) {
            [-x, x].forEach((at) =>
                line(at, -chord(at, halfX, halfY), at, chord(at, halfX, halfY))
            );
        }
        for (let y = 0; y <= halfY; y += BED_LINE_EVERY) {
            [-y, y].forEach((at) =>
                line(-chord(at, halfX, halfX), at, chord(at, halfX, halfX), at)
            );
        }
        if (round) {
            for (let k = 0; k < 72; k++) {
                const a = (k * Math.PI) / 36;
                const b = ((k + 1) * Math.PI) / 36;
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
        const geometry = new THREE.BufferGeometry();
        geometry.setAttribute(
            "position",
            new THREE.BufferAttribute(new Float32Array(points), 3)
        );
        return geometry;
    };
})(window.Img2Stl);
