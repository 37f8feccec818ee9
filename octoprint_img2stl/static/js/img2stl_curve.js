(function (Img2Stl) {
    "use strict";

    const KEY_STEP = 0.01;
    const KEY_STEP_BIG = 0.05;
    const APART = 0.01; // least distance of two points, to the right
    const LEAST = 2;
    const MOST = 16;
    const PIECES = 64; // of the drawn line

    const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
    const round = (value) => Math.round(value * 1000) / 1000;

    // A curve of greys to greys through points that can be moved, added and removed. Without
    // a change its value is null: greys as they are.
    Img2Stl.Curve = function (histogramPath) {
        const self = this;
        Img2Stl.Option.call(self, "curve", {key: "curve", label: gettext("Curve")});
        self.histogramPath = histogramPath;
        self.points = ko.observableArray([]); // of {x, y: observables}, by x
        self.isReset = ko.observable(true);

        const newPoint = (x, y) => ({x: ko.observable(x), y: ko.observable(y)});
        const pairs = () => self.points().map((point) => [point.x(), point.y()]);

        self.value = ko.pureComputed(() => (self.isReset() ? null : pairs()));
        self.set = function (value) {
            const given =
                value && value.length
                    ? value
                    : [
                          [0, 0],
                          [1, 1]
                      ];
            self.isReset(!(value && value.length));
            self.points(given.map(([x, y]) => newPoint(x, y)));
        };
        self.forgetWhenChanged(self.value);
        self.focus = () => Img2Stl.focus("#" + self.id + " button");

        //~~ changes

        const changed = function () {
            Img2Stl.frames.input();
            self.isReset(false);
        };
        const moveTo = function (point, x, y) {
            const all = self.points();
            const at = all.indexOf(point);
            if (at < 0) return; // removed while it was being dragged
            const low = at > 0 ? all[at - 1].x() + APART : 0;
            const high = at < all.length - 1 ? all[at + 1].x() - APART : 1;
            changed();
            point.x(round(clamp(x, low, high)));
            point.y(round(clamp(y, 0, 1)));
        };
        // the new point, or null where there is no room for one
        const addAt = function (x, y) {
            const all = self.points();
            x = round(clamp(x, 0, 1));
            const tooClose = all.some((point) => Math.abs(point.x() - x) < APART);
            if (all.length >= MOST || tooClose) return null;
            const point = newPoint(x, round(clamp(y, 0, 1)));
            const at = all.filter((other) => other.x() < x).length;
            changed();
            self.points.splice(at, 0, point);
            return point;
        };
        const focusPoint = function (index) {
            Img2Stl.focus("#" + self.id + " [data-index='" + index + "']");
        };
        self.remove = function (point) {
            if (!self.canRemove()) return;
            const at = self.points.indexOf(point);
            changed();
            self.points.remove(point);
            focusPoint(Math.min(at, self.points().length - 1));
        };
        self.canRemove = ko.pureComputed(() => self.points().length > LEAST);
        self.canAdd = ko.pureComputed(() => self.points().length < MOST);
        // in the middle of the widest gap, on the curve as it is
        self.add = function () {
            const all = pairs();
            const gaps = all.slice(1).map((pair, index) => pair[0] - all[index][0]);
            const widest = gaps.indexOf(Math.max.apply(null, gaps));
            const x = all[widest][0] + gaps[widest] / 2;
            if (addAt(x, Img2Stl.curveAt(all, [x])[0])) focusPoint(widest + 1);
        };
        self.reset = function () {
            Img2Stl.frames.input();
            self.set(null);
        };

        //~~ by pointer and by keys

        self.startDrag = function (data, event) {
            const pointer = event.originalEvent;
            const stage = event.currentTarget;
            const on = ko.dataFor(event.target);
            let point = self.points.indexOf(on) < 0 ? null : on;
            if (!point && pointer.button <= 0) {
                const box = stage.getBoundingClientRect();
                point = addAt(
                    (pointer.clientX - box.left) / box.width,
                    1 - (pointer.clientY - box.top) / box.height
                );
                if (point) focusPoint(self.points.indexOf(point));
            }
            if (!point) return true;
            const from = [point.x(), 1 - point.y()];
            return Img2Stl.drag(event, stage, from, (x, y) => moveTo(point, x, 1 - y));
        };
        self.moveByKey = function (point, event) {
            if (event.key === "Delete" || event.key === "Backspace") {
                self.remove(point);
                return false;
            }
            const step = event.shiftKey ? KEY_STEP_BIG : KEY_STEP;
            const by = {
                ArrowLeft: [-step, 0],
                ArrowRight: [step, 0],
                ArrowUp: [0, step],
                ArrowDown: [0, -step]
            }[event.key];
            if (!by) return true;
            moveTo(point, point.x() + by[0], point.y() + by[1]);
            return false;
        };

        //~~ drawing, in a square of 100 with y down

        self.path = ko.pureComputed(function () {
            const all = pairs();
            if (all.length < LEAST) return "";
            const xs = _.range(PIECES + 1).map((index) => index / PIECES);
            const line = Img2Stl.curveAt(all, xs).map(
                (y, index) =>
                    (100 * xs[index]).toFixed(2) + " " + (100 * (1 - y)).toFixed(2)
            );
            return "M" + line.join("L");
        });
        self.pointStyle = (point) => ({
            left: 100 * point.x() + "%",
            top: 100 * (1 - point.y()) + "%"
        });
        self.pointAttr = (point, index) => ({
            "data-index": index,
            "data-test-id": "img2stl-curve-point",
            "aria-label": _.sprintf(gettext("Point %(number)d of %(count)d"), {
                number: index + 1,
                count: self.points().length
            }),
            "aria-valuemin": 0,
            "aria-valuemax": 1,
            "aria-valuenow": point.y(),
            "aria-valuetext": _.sprintf(gettext("from %(from)s %% to %(to)s %%"), {
                from: Img2Stl.number(100 * point.x()),
                to: Img2Stl.number(100 * point.y())
            })
        });
    };

    // The monotone cubic curve of Fritsch and Carlson (SIAM J. Numer. Anal. 17, 1980), the same
    // as the server's: level outside of the points, and never beyond them.
    Img2Stl.curveAt = function (points, xs) {
        const last = points.length - 1;
        const width = [];
        const secant = [];
        for (let i = 0; i < last; i++) {
            width.push(points[i + 1][0] - points[i][0]);
            secant.push((points[i + 1][1] - points[i][1]) / width[i]);
        }
        const tangent = [secant[0]];
        for (let i = 1; i < last; i++) {
            const turns = secant[i - 1] * secant[i] <= 0;
            tangent.push(turns ? 0 : (secant[i - 1] + secant[i]) / 2);
        }
        tangent.push(secant[last - 1]);
        for (let i = 0; i < last; i++) {
            if (secant[i] === 0) {
                tangent[i] = tangent[i + 1] = 0;
                continue;
            }
            const steep = Math.hypot(tangent[i], tangent[i + 1]) / Math.abs(secant[i]);
            if (steep > 3) {
                tangent[i] *= 3 / steep;
                tangent[i + 1] *= 3 / steep;
            }
        }
        return xs.map(function (x) {
            if (x <= points[0][0]) return points[0][1];
            if (x >= points[last][0]) return points[last][1];
            let i = 0;
            while (x >= points[i + 1][0]) i++;
            const t = (x - points[i][0]) / width[i];
            const back = 1 - t;
            return (
                points[i][1] * (1 + 2 * t) * back * back +
                points[i + 1][1] * t * t * (3 - 2 * t) +
                width[i] * t * back * (tangent[i] * back - tangent[i + 1] * t)
            );
        });
    };
})(window.Img2Stl);
