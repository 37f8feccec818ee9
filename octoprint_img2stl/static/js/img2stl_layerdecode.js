// Runs in the page and, so that nobody waits for two megabytes of numbers, in a Web Worker.
(function (scope) {
    "use strict";

    const Img2Stl = (scope.Img2Stl = scope.Img2Stl || {});

    // Lines as a row of whole numbers, which slicing/gcode_lines.py describes ->
    // points: x, y of each, mm; ends: for each line the number of the point after its last
    Img2Stl.decodeLines = function (row, unit) {
        let count = 0;
        for (let at = 0; at < row.length; at += 1 + 2 * row[at]) count++;
        const points = new Float32Array(row.length - count);
        const ends = new Uint32Array(count);
        let x = 0;
        let y = 0;
        let to = 0;
        for (let at = 0, line = 0; line < count; line++) {
            const end = at + 1 + 2 * row[at];
            for (at++; at < end; at += 2) {
                x += row[at];
                y += row[at + 1];
                points[to++] = x * unit;
                points[to++] = y * unit;
            }
            ends[line] = to / 2;
        }
        return {points: points, ends: ends};
    };

    // the server's answer about a layer with all its lines decoded
    Img2Stl.decodeLayer = function (data) {
        const decode = (group) =>
            Object.assign({}, group, Img2Stl.decodeLines(group.points, data.unit));
        return Object.assign({}, data, {
            lines: data.lines.map(decode),
            travel: decode(data.travel)
        });
    };

    // A promise of a layer; fails with the status of the answer, 0 if there was none.
    Img2Stl.fetchLayer = (url) =>
        scope
            .fetch(url, {credentials: "same-origin"})
            .then((answer) =>
                answer.status === 200 ? answer.json() : Promise.reject(answer.status)
            )
            .then(Img2Stl.decodeLayer)
            .catch((error) => Promise.reject(typeof error === "number" ? error : 0));

    if (typeof scope.importScripts !== "function") return;

    // in the worker: {url} comes in, {url, layer} or {url, status} goes out
    scope.onmessage = function (event) {
        const {url} = event.data;
        Img2Stl.fetchLayer(url).then(
            function (layer) {
                const groups = layer.lines.concat(layer.travel);
                const moved = groups.flatMap((group) => [
                    group.points.buffer,
                    group.ends.buffer
                ]);
                scope.postMessage({url: url, layer: layer}, moved);
            },
            (status) => scope.postMessage({url: url, status: status})
        );
    };
})(typeof window === "undefined" ? self : window);
