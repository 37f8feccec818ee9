(function (Img2Stl) {
    "use strict";

    // as the server's pictures of layers, slicing/draw.py
    const AROUND = 0.12; // space around the print, as a part of its longer side
    const GRID = 10; // mm
    const MAP = 0.085; // side of the bed's map, as a part of the picture's
    const NARROWER = 0.82; // than the plastic, so that neighbouring lines can be told apart
    const LINE_WIDTH = 1.125; // of the nozzle, where the slicer says nothing
    const BACKGROUND = "#1d2126";
    const BED = "#2a3037";
    const GRID_COLOUR = "#363e47";
    const EDGE = "#75808c";
    const PRINT = "#ff9e57";
    const FRAME = "#e8ecf0";

    const ROUND_PX = 3; // thinner lines have no round ends that anybody could see
    const NEAREST_PX = 0.5; // points closer than this to the one before change nothing
    const STROKE = 250; // points; one stroke for all lines takes up to twice the time
    const STEP = 4000; // points between two looks at the clock

    const isRound = (machine) => machine.form === "circular";

    // What is seen: left and upper edge (mm), scale (px per mm), width and height (px).

    // a view with this box, [x0, y0, x1, y1], in the middle
    Img2Stl.viewAround = function (box, width, height) {
        const [x0, y0, x1, y1] = box;
        const room = 1 + 2 * AROUND;
        const scale = Math.min(
            width / (Math.max(x1 - x0, 2) * room),
            height / (Math.max(y1 - y0, 2) * room)
        );
        return {
            left: (x0 + x1 - width / scale) / 2,
            top: (y0 + y1 + height / scale) / 2,
            scale: scale,
            width: width,
            height: height
        };
    };
    // the same `factor` times as large, the point x, y (px) staying where it is
    Img2Stl.viewZoomed = function (view, factor, x, y) {
        const scale = view.scale * factor;
        return $.extend({}, view, {
            left: view.left + x / view.scale - x / scale,
            top: view.top - y / view.scale + y / scale,
            scale: scale
        });
    };
    Img2Stl.viewMoved = (view, x, y) =>
        $.extend({}, view, {
            left: view.left - x / view.scale,
            top: view.top + y / view.scale
        });

    const xOf = (view, x) => (x - view.left) * view.scale;
    const yOf = (view, y) => (view.top - y) * view.scale;

    const bedPath = function (pen, view, machine) {
        const wide = (machine.x_max - machine.x_min) * view.scale;
        const deep = (machine.y_max - machine.y_min) * view.scale;
        const left = xOf(view, machine.x_min);
        const top = yOf(view, machine.y_max);
        pen.beginPath();
        if (isRound(machine)) {
            const [x, y] = [left + wide / 2, top + deep / 2];
            pen.ellipse(x, y, wide / 2, deep / 2, 0, 0, 2 * Math.PI);
        } else {
            pen.rect(left, top, wide, deep);
        }
    };

    const paintBed = function (pen, view, machine, pixel) {
        pen.fillStyle = BACKGROUND;
        pen.fillRect(0, 0, view.width, view.height);
        bedPath(pen, view, machine);
        pen.fillStyle = BED;
        pen.fill();
        pen.save();
        pen.clip();
        pen.beginPath();
        const first = (low, seen) => GRID * Math.ceil(Math.max(low, seen) / GRID);
        const lowest = view.top - view.height / view.scale;
        const right = Math.min(machine.x_max, view.left + view.width / view.scale);
        for (let x = first(machine.x_min, view.left); x <= right; x += GRID) {
            pen.moveTo(xOf(view, x), 0);
            pen.lineTo(xOf(view, x), view.height);
        }
        const top = Math.min(machine.y_max, view.top);
        for (let y = first(machine.y_min, lowest); y <= top; y += GRID) {
            pen.moveTo(0, yOf(view, y));
            pen.lineTo(view.width, yOf(view, y));
        }
        pen.strokeStyle = GRID_COLOUR;
        pen.lineWidth = pixel;
        pen.stroke();
        pen.restore();
        bedPath(pen, view, machine);
        pen.strokeStyle = EDGE;
        pen.lineWidth = 2 * pixel;
        pen.stroke();
    };

    // the whole bed, small, in the lower right corner: where the print stands, what is seen
    const paintMap = function (pen, view, machine, box, pixel) {
        const x1 = view.left + view.width / view.scale;
        const y0 = view.top - view.height / view.scale;
        const seesAll =
            view.left <= machine.x_min &&
            x1 >= machine.x_max &&
            y0 <= machine.y_min &&
            view.top >= machine.y_max;
        if (seesAll) return;
        const wide = machine.x_max - machine.x_min;
        const deep = machine.y_max - machine.y_min;
        const side = Math.min(view.width, view.height);
        const scale = (MAP * side) / Math.max(wide, deep);
        const gap = 0.015 * side;
        const map = {
            left: machine.x_min - (view.width - gap) / scale + wide,
            top: machine.y_min + (view.height - gap) / scale,
            scale: scale
        };
        const rectangle = (left, top, right, low) => [
            xOf(map, left),
            yOf(map, top),
            (right - left) * scale,
            (top - low) * scale
        ];
        bedPath(pen, map, machine);
        pen.fillStyle = BACKGROUND;
        pen.strokeStyle = EDGE;
        pen.lineWidth = pixel;
        pen.fill();
        pen.stroke();
        pen.fillStyle = PRINT;
        pen.fillRect(...rectangle(box[0], box[3], box[2], box[1]));
        pen.save();
        bedPath(pen, map, machine);
        pen.clip();
        pen.strokeStyle = FRAME;
        pen.strokeRect(...rectangle(view.left, view.top, x1, y0));
        pen.restore();
    };

    // lines of one colour and width; what is not seen or too small to be seen is left out
    const paintLines = function* (pen, view, group, width) {
        const {points, ends} = group;
        const {left, top, scale} = view;
        const right = view.width + width;
        const low = view.height + width;
        const nearest = NEAREST_PX * NEAREST_PX;
        const isThick = width >= ROUND_PX;
        pen.strokeStyle = group.colour;
        pen.lineWidth = width;
        pen.lineCap = isThick ? "round" : "butt";
        pen.lineJoin = isThick ? "round" : "bevel";
        pen.beginPath();
        let inStroke = 0;
        let sinceStep = 0;
        for (let line = 0, from = 0; line < ends.length; line++) {
            const end = 2 * ends[line];
            let lastX = (points[from] - left) * scale;
            let lastY = (top - points[from + 1]) * scale;
            let isDown = false;
            for (let at = from + 2; at < end; at += 2) {
                const x = (points[at] - left) * scale;
                const y = (top - points[at + 1]) * scale;
                const acrossX = x - lastX;
                const acrossY = y - lastY;
                const isNear = acrossX * acrossX + acrossY * acrossY < nearest;
                if (isNear && at + 2 < end) continue;
                const isOutside =
                    (x < -width && lastX < -width) ||
                    (y < -width && lastY < -width) ||
                    (x > right && lastX > right) ||
                    (y > low && lastY > low);
                if (isOutside) {
                    isDown = false;
                } else {
                    if (!isDown) pen.moveTo(lastX, lastY);
                    pen.lineTo(x, y);
                    isDown = true;
                    inStroke++;
                }
                lastX = x;
                lastY = y;
                if (inStroke >= STROKE) {
                    pen.stroke();
                    pen.beginPath();
                    pen.moveTo(x, y);
                    inStroke = 0;
                }
            }
            sinceStep += (end - from) / 2;
            from = end;
            if (sinceStep >= STEP) {
                yield sinceStep;
                sinceStep = 0;
            }
        }
        pen.stroke();
        yield sinceStep;
    };

    // Paints a layer step by step: a generator that says how many points each step had.
    //
    // what: {layer: decoded, or null; view; machine: as in a job's result; box: of the whole
    // print; isShown: group -> whether; travel: whether; pixel: device pixels of a CSS pixel}
    Img2Stl.paintLayer = function* (pen, what) {
        const {layer, view, machine, pixel} = what;
        paintBed(pen, view, machine, pixel);
        const unsaid = LINE_WIDTH * machine.nozzle;
        for (const group of layer ? layer.lines : []) {
            if (!what.isShown(group)) continue;
            const width = NARROWER * (group.width || unsaid) * view.scale;
            yield* paintLines(pen, view, group, Math.max(1, width));
        }
        if (layer && what.travel) yield* paintLines(pen, view, layer.travel, pixel);
        paintMap(pen, view, machine, what.box, pixel);
    };

    // a finished picture of another view, as it looks in this one
    Img2Stl.paintPicture = function (pen, view, picture, of) {
        const scale = view.scale / of.scale;
        pen.fillStyle = BACKGROUND;
        pen.fillRect(0, 0, view.width, view.height);
        pen.drawImage(
            picture,
            xOf(view, of.left),
            yOf(view, of.top),
            of.width * scale,
            of.height * scale
        );
    };
})(window.Img2Stl);
