(function (Img2Stl) {
    "use strict";

    const CREASE = Math.cos((40 * Math.PI) / 180); // faces that meet at more stay sharp
    const GENTLE = Math.cos((20 * Math.PI) / 180); // off the mean of its corner's faces
    const MOST_AROUND = 48; // a corner with more faces lies on something flat
    // the same lamp as in the server's pictures (relief/picture.py), sRGB
    const LAMP = [255, 219, 173];
    const DARK = 0.09; // what no light comes through, sRGB

    const bytesOf = function (text) {
        if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
        const binary = window.atob(text);
        const bytes = new Uint8Array(binary.length);
        for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
        return bytes;
    };

    // the mesh as it comes from the server: x, y, z of vertices in mm, three vertices a face,
    // mm of plastic behind each vertex (0 where that says nothing) or null; for each face the
    // findings that touch it, a bit for each, or null
    Img2Stl.decodeMesh = (mesh) => ({
        vertices: new Float32Array(bytesOf(mesh.vertices).buffer),
        faces: new Uint32Array(bytesOf(mesh.faces).buffer),
        thickness: mesh.thickness
            ? new Float32Array(bytesOf(mesh.thickness).buffer)
            : null,
        flags: mesh.flags ? new Uint32Array(bytesOf(mesh.flags).buffer) : null
    });

    // x, y, z of each corner of each face
    Img2Stl.corners = function (mesh) {
        const {vertices, faces} = mesh;
        const corners = new Float32Array(3 * faces.length);
        for (let k = 0, to = 0; k < faces.length; k++) {
            const from = 3 * faces[k];
            corners[to++] = vertices[from];
            corners[to++] = vertices[from + 1];
            corners[to++] = vertices[from + 2];
        }
        return corners;
    };

    // normals of the faces, as long as twice their area
    Img2Stl.faceNormals = function (corners) {
        const normals = new Float32Array(corners.length / 3);
        for (let c = 0, n = 0; c < corners.length; c += 9, n += 3) {
            const ax = corners[c + 3] - corners[c];
            const ay = corners[c + 4] - corners[c + 1];
            const az = corners[c + 5] - corners[c + 2];
            const bx = corners[c + 6] - corners[c];
            const by = corners[c + 7] - corners[c + 1];
            const bz = corners[c + 8] - corners[c + 2];
            normals[n] = ay * bz - az * by;
            normals[n + 1] = az * bx - ax * bz;
            normals[n + 2] = ax * by - ay * bx;
        }
        return normals;
    };

    // sums of the normals of the faces around each vertex
    const vertexNormals = function (mesh, own) {
        const {faces} = mesh;
        const sums = new Float32Array(mesh.vertices.length);
        for (let k = 0, f = 0; k < faces.length; k += 3, f += 3) {
            for (let corner = k; corner < k + 3; corner++) {
                const to = 3 * faces[corner];
                sums[to] += own[f];
                sums[to + 1] += own[f + 1];
                sums[to + 2] += own[f + 2];
            }
        }
        return sums;
    };

    const lengthsOf = function (vectors) {
        const lengths = new Float32Array(vectors.length / 3);
        for (let k = 0; k < lengths.length; k++) {
            const [x, y, z] = [vectors[3 * k], vectors[3 * k + 1], vectors[3 * k + 2]];
            lengths[k] = Math.sqrt(x * x + y * y + z * z) || 1;
        }
        return lengths;
    };

    // the faces around each vertex: those of v are list[start[v]] … list[start[v + 1] - 1]
    const facesAround = function (faces, count) {
        const start = new Uint32Array(count + 1);
        for (let k = 0; k < faces.length; k++) start[faces[k] + 1]++;
        for (let v = 0; v < count; v++) start[v + 1] += start[v];
        const next = start.slice();
        const list = new Uint32Array(faces.length);
        for (let k = 0; k < faces.length; k++) list[next[faces[k]]++] = (k / 3) | 0;
        return {start: start, list: list};
    };

    // A normal for each corner of each face: smooth over slopes, sharp at the edges of walls.
    Img2Stl.cornerNormals = function (mesh, corners) {
        const {faces} = mesh;
        const own = Img2Stl.faceNormals(corners);
        const lengths = lengthsOf(own);
        const sums = vertexNormals(mesh, own);
        const far = lengthsOf(sums);
        const normals = new Float32Array(corners.length);
        let around = null;
        for (let k = 0; k < faces.length; k++) {
            const v = faces[k];
            const f = (k / 3) | 0;
            const fx = own[3 * f] / lengths[f];
            const fy = own[3 * f + 1] / lengths[f];
            const fz = own[3 * f + 2] / lengths[f];
            let x = sums[3 * v];
            let y = sums[3 * v + 1];
            let z = sums[3 * v + 2];
            if (fx * x + fy * y + fz * z < GENTLE * far[v]) {
                // a crease runs through the vertex: only those on this side of it count
                around = around || facesAround(faces, far.length);
                const first = around.start[v];
                const end = around.start[v + 1];
                [x, y, z] = [fx, fy, fz];
                for (let i = first; i < end && end - first <= MOST_AROUND; i++) {
                    const g = 3 * around.list[i];
                    const along = own[g] * fx + own[g + 1] * fy + own[g + 2] * fz;
                    if (along < CREASE * lengths[around.list[i]]) continue;
                    x += own[g];
                    y += own[g + 1];
                    z += own[g + 2];
                }
            }
            const length = Math.sqrt(x * x + y * y + z * z) || 1;
            normals[3 * k] = x / length;
            normals[3 * k + 1] = y / length;
            normals[3 * k + 2] = z / length;
        }
        return normals;
    };

    // How bright each vertex is with a lamp behind, sRGB 0..1 (Beer-Lambert); the thinnest
    // part is as bright as the lamp. transmission: mm that let a tenth of the light through
    const brightness = function (thickness, transmission) {
        let thinnest = Infinity;
        for (let v = 0; v < thickness.length; v++) {
            if (thickness[v] > 0 && thickness[v] < thinnest) thinnest = thickness[v];
        }
        const bright = new Float32Array(thickness.length);
        const rate = -Math.LN10 / transmission;
        for (let v = 0; v < thickness.length; v++) {
            if (!(thickness[v] > 0)) continue;
            const light = Math.exp(rate * (thickness[v] - thinnest));
            bright[v] =
                light <= 0.0031308
                    ? 12.92 * light
                    : 1.055 * Math.pow(light, 1 / 2.4) - 0.055;
        }
        return bright;
    };

    // sRGB 0..255 of each corner of each face with a lamp behind; a face that reaches beyond
    // the picture is dark as a whole
    Img2Stl.glow = function (mesh, transmission) {
        const {faces} = mesh;
        const bright = brightness(mesh.thickness, transmission);
        const colors = new Uint8Array(3 * faces.length);
        for (let k = 0; k < faces.length; k += 3) {
            const lit = bright[faces[k]] && bright[faces[k + 1]] && bright[faces[k + 2]];
            for (let corner = k; corner < k + 3; corner++) {
                const share = DARK + (1 - DARK) * (lit ? bright[faces[corner]] : 0);
                colors[3 * corner] = LAMP[0] * share;
                colors[3 * corner + 1] = LAMP[1] * share;
                colors[3 * corner + 2] = LAMP[2] * share;
            }
        }
        return colors;
    };

    //~~ which face is pointed at

    // The nearest face that a ray meets from its front, or -1 (Möller & Trumbore, "Fast,
    // Minimum Storage Ray/Triangle Intersection", 1997).
    Img2Stl.faceAt = function (corners, origin, direction) {
        const [ox, oy, oz] = origin;
        const [dx, dy, dz] = direction;
        let nearest = Infinity;
        let found = -1;
        for (let c = 0; c < corners.length; c += 9) {
            const ax = corners[c];
            const ay = corners[c + 1];
            const az = corners[c + 2];
            const ex = corners[c + 3] - ax;
            const ey = corners[c + 4] - ay;
            const ez = corners[c + 5] - az;
            const fx = corners[c + 6] - ax;
            const fy = corners[c + 7] - ay;
            const fz = corners[c + 8] - az;
            const px = dy * fz - dz * fy;
            const py = dz * fx - dx * fz;
            const pz = dx * fy - dy * fx;
            const area = ex * px + ey * py + ez * pz;
            if (area <= 0) continue; // seen from behind
            const tx = ox - ax;
            const ty = oy - ay;
            const tz = oz - az;
            const u = tx * px + ty * py + tz * pz;
            if (u < 0 || u > area) continue;
            const qx = ty * ez - tz * ey;
            const qy = tz * ex - tx * ez;
            const qz = tx * ey - ty * ex;
            const v = dx * qx + dy * qy + dz * qz;
            if (v < 0 || u + v > area) continue;
            const far = (fx * qx + fy * qy + fz * qz) / area;
            if (far > 0 && far < nearest) {
                nearest = far;
                found = c / 9;
            }
        }
        return found;
    };

    const FLAT = Math.cos((2 * Math.PI) / 180); // a face leans no more than that off its region

    // Finds the flat region around a face: {faces, normal} of it, the normal outward and of
    // length 1; null for a face without an area.
    Img2Stl.FlatRegions = function (mesh, corners) {
        const {faces} = mesh;
        const normals = Img2Stl.faceNormals(corners);
        const around = facesAround(faces, mesh.vertices.length / 3);
        const lengthOf = (f) =>
            Math.hypot(normals[3 * f], normals[3 * f + 1], normals[3 * f + 2]);

        this.of = function (face) {
            const own = lengthOf(face);
            if (!own) return null;
            const [x, y, z] = [0, 1, 2].map((k) => normals[3 * face + k] / own);
            const seen = new Set([face]);
            const region = [face];
            const sum = [0, 0, 0];
            for (let at = 0; at < region.length; at++) {
                const f = region[at];
                for (let k = 0; k < 3; k++) sum[k] += normals[3 * f + k];
                for (let corner = 3 * f; corner < 3 * f + 3; corner++) {
                    const v = faces[corner];
                    for (let i = around.start[v]; i < around.start[v + 1]; i++) {
                        const g = around.list[i];
                        if (seen.has(g)) continue;
                        seen.add(g);
                        const along =
                            normals[3 * g] * x +
                            normals[3 * g + 1] * y +
                            normals[3 * g + 2] * z;
                        if (along > 0 && along >= FLAT * lengthOf(g)) region.push(g);
                    }
                }
            }
            const length = Math.hypot(sum[0], sum[1], sum[2]);
            return {faces: region, normal: sum.map((part) => part / length)};
        };
    };
})(window.Img2Stl);
