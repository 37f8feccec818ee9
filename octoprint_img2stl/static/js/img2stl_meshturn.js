(function (Img2Stl) {
    "use strict";

    const RAD = Math.PI / 180;
    const UPRIGHT = [1, 0, 0, 0];
    const AXES = {x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1]};
    const SAME = 1e-4; // how far two turns may differ and yet be the same
    const CARDS = 4;

    //~~ quaternions, [w, x, y, z]; turned point = q p q⁻¹

    const norm = (values) => Math.hypot.apply(null, values);
    // rounded, so that four quarter turns are none
    const unit = function (q) {
        const length = norm(q) || 1;
        return q.map((part) => Math.round((part / length) * 1e9) / 1e9 + 0);
    };
    const multiply = (a, b) =>
        unit([
            a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
            a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
            a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
            a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]
        ]);
    const inverse = (q) => [q[0], -q[1], -q[2], -q[3]];
    const about = function (axis, degrees) {
        const half = (degrees * RAD) / 2;
        return unit(
            [Math.cos(half)].concat(AXES[axis].map((part) => part * Math.sin(half)))
        );
    };
    const dot = Img2Stl.dot;
    const cross = (a, b) => [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0]
    ];
    // the shortest turn that brings one direction to another
    const between = function (from, to) {
        const [a, b] = [from, to].map(function (vector) {
            const length = norm(vector) || 1;
            return vector.map((part) => part / length);
        });
        const along = dot(a, b);
        if (along < -1 + 1e-9) {
            // half a turn about anything across
            const across = cross(a, Math.abs(a[0]) < 0.9 ? AXES.x : AXES.y);
            return unit([0].concat(across));
        }
        return unit([1 + along].concat(cross(a, b)));
    };
    const isSame = (a, b) => 1 - Math.abs(a.reduce((sum, part, k) => sum + part * b[k], 0)) < SAME;

    Img2Stl.turns = {
        UPRIGHT: UPRIGHT,
        multiply: multiply,
        inverse: inverse,
        about: about,
        between: between,
        isSame: isSame
    };

    // A mesh turned and put down on the middle of the bed: {mesh, size}.
    Img2Stl.turnedMesh = function (mesh, q) {
        const [w, x, y, z] = q;
        const m = [
            1 - 2 * (y * y + z * z),
            2 * (x * y - w * z),
            2 * (x * z + w * y),
            2 * (x * y + w * z),
            1 - 2 * (x * x + z * z),
            2 * (y * z - w * x),
            2 * (x * z - w * y),
            2 * (y * z + w * x),
            1 - 2 * (x * x + y * y)
        ];
        const from = mesh.vertices;
        const to = new Float32Array(from.length);
        const low = [Infinity, Infinity, Infinity];
        const high = [-Infinity, -Infinity, -Infinity];
        for (let k = 0; k < from.length; k += 3) {
            for (let row = 0; row < 3; row++) {
                const value =
                    m[3 * row] * from[k] +
                    m[3 * row + 1] * from[k + 1] +
                    m[3 * row + 2] * from[k + 2];
                to[k + row] = value;
                if (value < low[row]) low[row] = value;
                if (value > high[row]) high[row] = value;
            }
        }
        const shift = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]];
        for (let k = 0; k < to.length; k++) to[k] -= shift[k % 3];
        return {
            mesh: $.extend({}, mesh, {vertices: to}),
            size: high.map((value, k) => value - low[k])
        };
    };

    // How the mesh stands: by hand, on a face, on a side, or as a search advises.
    //
    // step: {toJson, preview}
    Img2Stl.MeshTurn = function (root, step) {
        const self = this;
        self.value = ko.observable(UPRIGHT); // of params.mesh.turn
        self.set = (turn) =>
            self.value(
                Array.isArray(turn) && turn.length === 4 ? unit(turn) : UPRIGHT
            );
        self.isTurned = ko.pureComputed(() => !isSame(self.value(), UPRIGHT));
        self.problem = ko.observable(null);
        self.value.subscribe(() => self.problem(null));

        // turns what is shown further, and shows it before the server has an answer
        const turnBy = function (q) {
            Img2Stl.frames.input();
            step.preview.turnShown(q);
            self.value(multiply(q, self.value()));
        };
        const turnTo = function (turn) {
            turnBy(multiply(turn, inverse(self.value())));
        };
        self.to = (turn) => turnTo(unit(turn));
        self.reset = () => turnTo(UPRIGHT);

        //~~ by hand

        self.degrees = new Img2Stl.Field(
            {
                key: "degrees",
                testId: "img2stl-turn-degrees",
                label: gettext("Angle"),
                unit: "°",
                step: 1,
                digits: 1,
                picks: [90, 45, 15, 5, 1].map((value) => ({
                    name: String(value),
                    label: value + "°",
                    value: value
                }))
            },
            ko.observable({degrees: [0.1, 180]})
        );
        Img2Stl.anyStep(Img2Stl.inRoom(self.degrees, "mesh"));
        self.degrees.set(90);
        const button = (name, label, axis, sign, icon) => ({
            testId: "img2stl-turn-" + name,
            text: label,
            icon: icon,
            label: ko.pureComputed(() =>
                _.sprintf(gettext("%(turn)s by %(degrees)s°, about %(axis)s"), {
                    turn: label,
                    degrees: Img2Stl.number(self.degrees.value()),
                    axis: axis
                })
            ),
            press: function () {
                if (self.degrees.hasProblem()) {
                    self.degrees.focus();
                } else {
                    turnBy(about(axis, sign * self.degrees.value()));
                }
            }
        });
        // the front is where y is least, as on the bed
        self.buttons = [
            button("back", gettext("Tip back"), "x", -1, "fas fa-arrow-up"),
            button("forward", gettext("Tip forward"), "x", 1, "fas fa-arrow-down"),
            button("left", gettext("Tip left"), "y", -1, "fas fa-arrow-left"),
            button("right", gettext("Tip right"), "y", 1, "fas fa-arrow-right"),
            button("round-left", gettext("Turn left"), "z", 1, "fas fa-undo"),
            button("round-right", gettext("Turn right"), "z", -1, "fas fa-redo")
        ];

        //~~ flat on a face, or on a side

        const layOn = (normal) => turnBy(between(normal, [0, 0, -1]));
        self.isPicking = ko.pureComputed(() => step.preview.isPicking());
        self.canPick = ko.pureComputed(() => step.preview.canPick());
        self.pick = function () {
            if (self.isPicking()) {
                step.preview.stopPicking();
            } else {
                step.preview.pick(layOn);
            }
        };
        const side = (name, label, normal) => ({
            testId: "img2stl-lay-" + name,
            text: label,
            label: _.sprintf(gettext("Lay it on its side: %(side)s"), {side: label}),
            press: () => layOn(normal)
        });
        self.sides = [
            side("top", gettext("Top"), [0, 0, 1]),
            side("front", gettext("Front"), [0, -1, 0]),
            side("back", gettext("Rear side"), [0, 1, 0]),
            side("left", gettext("Left"), [-1, 0, 0]),
            side("right", gettext("Right"), [1, 0, 0])
        ];

        //~~ as a search advises

        self.searching = ko.observable(false);
        self.cards = ko.observableArray([]);
        self.hasCards = ko.pureComputed(() => self.cards().length > 0);
        // what the search was about: with another size or unit its figures are void
        const subject = () => JSON.stringify(_.omit(step.toJson().mesh, "turn"));
        let searchedFor = null;

        self.search = function () {
            if (self.searching() || !step.preview.isReady()) return;
            const id = root.job().id;
            searchedFor = subject();
            self.problem(null);
            self.searching(true);
            OctoPrint.plugins.img2stl
                .orient(id, step.toJson())
                .done(function (answer) {
                    if (root.job() && root.job().id === id) take(answer.orientations);
                })
                .fail((xhr) => self.problem(Img2Stl.failure(xhr)))
                .always(() => self.searching(false));
        };
        self.forget = function () {
            self.cards([]);
            self.problem(null);
        };
        self.forgetIfOther = function () {
            if (self.hasCards() && subject() !== searchedFor) self.forget();
        };

        const take = function (ways) {
            const best = ways.slice(0, CARDS);
            const present = ways.find((way) => way.current);
            if (present && !best.includes(present)) best.push(present);
            const now = () => best.find((way) => isNow(way)) || present;
            self.cards(best.map((way, index) => card(way, index, now)));
            root.announcement(
                _.sprintf(
                    ngettext(
                        "%(count)d way to stand was found.",
                        "%(count)d ways to stand were found.",
                        best.length
                    ),
                    {count: best.length}
                )
            );
            draw();
        };
        const isNow = (way) => isSame(way.turn, self.value());
        const card = (way, index, now) => ({
            turn: way.turn,
            isNow: ko.pureComputed(() => isNow(way)),
            isBest: index === 0,
            testId: "img2stl-way-" + (index + 1),
            canvasId: "img2stl_way_" + index,
            height: Img2Stl.withUnit(way.height, gettext("mm")),
            contact: Img2Stl.withUnit(
                way.contact_area,
                gettext("mm²"),
                way.contact_area < 10 ? 1 : 0
            ),
            support: Img2Stl.withUnit(way.support_volume / 1000, gettext("cm³"), 1),
            gain: ko.pureComputed(() => gains(way, now())),
            press: () => turnTo(way.turn)
        });
        // what a way is better in than the present one, in words
        const gains = function (way, now) {
            if (!now || isNow(way)) return "";
            const told = [];
            const say = (text, values) => told.push(_.sprintf(text, values));
            const less = 1 - way.support_volume / now.support_volume;
            const more = way.contact_area / now.contact_area;
            if (now.support_volume > 1 && less > 0.05) {
                say(gettext("%(percent)d %% less support"), {
                    percent: Math.round(100 * less)
                });
            }
            if (now.contact_area < 0.5 && way.contact_area > 1) {
                say(gettext("has something to stand on"));
            } else if (more > 1.2) {
                say(gettext("stands on %(times)s times as much"), {
                    times: Img2Stl.number(more, more > 10 ? 0 : 1)
                });
            }
            if (way.height < 0.9 * now.height) {
                say(gettext("%(lower)s mm lower"), {
                    lower: Img2Stl.number(now.height - way.height)
                });
            }
            return told.join(", ") || gettext("no better than now");
        };

        // a small picture on each card, one after the other so that the page stays awake
        const draw = function () {
            const shown = step.preview.single();
            if (!shown) return;
            self.cards().forEach(function (each, index) {
                window.setTimeout(function () {
                    const canvas = document.getElementById(each.canvasId);
                    if (!canvas || !canvas.parentNode.clientWidth) return;
                    const turned = Img2Stl.turnedMesh(
                        shown.mesh,
                        multiply(each.turn, inverse(shown.turn))
                    );
                    Img2Stl.drawFlat(
                        canvas,
                        $.extend(
                            {mesh: turned.mesh, preview: {size: turned.size}},
                            Img2Stl.poseFor(turned.size)
                        ),
                        {draw: () => null}
                    );
                }, 30 * (index + 1));
            });
        };
    };
})(window.Img2Stl);
