(function (Img2Stl) {
    "use strict";

    const PLASTIC = [242, 238, 230];
    const FILL = 0.42; // light from all around
    const LIGHT = 0.75;
    const WIDEST_PX = 640;

    // corners of all faces as seen: x to the right, y down (pixels), z to the viewer (mm)
    const projected = function (corners, look, scale, about, centre) {
        const seen = new Float32Array(corners.length);
        const [ax, ay, az] = about;
        const {right, up, eye} = look;
        for (let k = 0; k < corners.length; k += 3) {
            const x = corners[k] - ax;
            const y = corners[k + 1] - ay;
            const z = corners[k + 2] - az;
            seen[k] = centre[0] + scale * (x * right[0] + y * right[1] + z * right[2]);
            seen[k + 1] = centre[1] - scale * (x * up[0] + y * up[1] + z * up[2]);
            seen[k + 2] = x * eye[0] + y * eye[1] + z * eye[2];
        }
        return seen;
    };

    // Fills one triangle between its corners' colours wherever nothing nearer was drawn.
    const fill = function (seen, colors, c, picture) {
        const {width, height, depth, data} = picture;
        const [ax, ay, az] = [seen[c], seen[c + 1], seen[c + 2]];
        const [bx, by, bz] = [seen[c + 3], seen[c + 4], seen[c + 5]];
        const [cx, cy, cz] = [seen[c + 6], seen[c + 7], seen[c + 8]];
        const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
        if (area >= 0) return; // y is down: the front of a face goes the other way round
        const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
        const right = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
        const top = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
        const bottom = Math.min(height - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
        for (let row = top; row <= bottom; row++) {
            const y = row + 0.5 - ay;
            for (let column = left; column <= right; column++) {
                const x = column + 0.5 - ax;
                const b = (x * (cy - ay) - y * (cx - ax)) / area;
                const d = ((bx - ax) * y - (by - ay) * x) / area;
                if (b < 0 || d < 0 || b + d > 1) continue;
                const z = az + b * (bz - az) + d * (cz - az);
                const at = row * width + column;
                if (z <= depth[at]) continue;
                depth[at] = z;
                for (let k = 0; k < 3; k++) {
                    data[4 * at + k] =
                        (1 - b - d) * colors[c + k] +
                        b * colors[c + 3 + k] +
                        d * colors[c + 6 + k];
                }
                data[4 * at + 3] = 255;
            }
        }
    };

    // colours of all corners in the light, sRGB 0..255; own: what they are painted with
    const shade = function (mesh, corners, direction, own) {
        const normals = Img2Stl.cornerNormals(mesh, corners);
        const far = Math.hypot(direction[0], direction[1], direction[2]);
        const [x, y, z] = direction.map((part) => part / far);
        const colors = new Uint8Array(corners.length);
        for (let k = 0; k < corners.length; k += 3) {
            const facing = normals[k] * x + normals[k + 1] * y + normals[k + 2] * z;
            const share = Math.min(1, FILL + LIGHT * Math.max(0, facing));
            for (let part = 0; part < 3; part++) {
                colors[k + part] = (own ? own[k + part] : PLASTIC[part]) * share;
            }
        }
        return colors;
    };

    // The same view as the scene's where there is no WebGL: a picture of the mesh without
    // perspective. what: as for the scene; {pose, about, closer} tell where to look from and
    // at if not at the whole. Gives {ray: pixel -> [start, direction]}.
    Img2Stl.drawFlat = function (canvas, what, overlay) {
        const host = canvas.parentNode;
        const width = Math.min(WIDEST_PX, host.clientWidth);
        const height = Math.round((width * host.clientHeight) / host.clientWidth);
        if (!width || !height) return null;
        canvas.width = width;
        canvas.height = height;
        const {size} = what.preview;
        const pose = what.pose || what.poseOf(what.back);
        const look = Img2Stl.look(pose);
        const scale = (what.closer || 1) * Img2Stl.scaleFor(size, look, width, height);
        const about = what.about || [0, 0, size[2] / 2];
        const centre = [width / 2, height / 2];

        const corners = Img2Stl.corners(what.mesh);
        const seen = projected(corners, look, scale, about, centre);
        const colors = what.backlit
            ? Img2Stl.glow(what.mesh, what.transmission)
            : shade(what.mesh, corners, what.lightOf(pose), what.colors);

        const context = canvas.getContext("2d");
        const image = context.createImageData(width, height);
        const picture = {
            width: width,
            height: height,
            data: image.data,
            depth: new Float32Array(width * height).fill(-Infinity)
        };
        for (let c = 0; c < corners.length; c += 9) fill(seen, colors, c, picture);
        context.putImageData(image, 0, 0);

        const zoom = host.clientWidth / width;
        const view = {
            project: function (point) {
                const at = point.map((part, k) => part - about[k]);
                return [
                    zoom * (centre[0] + scale * Img2Stl.dot(at, look.right)),
                    zoom * (centre[1] - scale * Img2Stl.dot(at, look.up))
                ];
            },
            eye: look.eye,
            pixelsPerMm: scale * zoom,
            size: [host.clientWidth, host.clientHeight]
        };
        overlay.draw(size, view, what.place);
        const far = 10 * Math.hypot(size[0], size[1], size[2]);
        return {
            ray: function (x, y) {
                const across = (x / zoom - centre[0]) / scale;
                const upward = (centre[1] - y / zoom) / scale;
                const start = about.map(
                    (part, k) =>
                        part +
                        across * look.right[k] +
                        upward * look.up[k] +
                        far * look.eye[k]
                );
                return [start, look.eye.map((part) => -part)];
            }
        };
    };
})(window.Img2Stl);
