(function (Img2Stl) {
    "use strict";

    const CHOSEN = "plugin_img2stl_presets"; // in the browser: preset by job
    const SOLID = "solid3d"; // the card that is no preset of a relief, and its route

    // The starting points, and which of them was chosen for the job. The server knows only the
    // settings that came of it.
    //
    // shape: {toJson, fill, relief} of the step
    Img2Stl.Presets = function (root, shape) {
        const self = this;
        const known = () => (root.state() && root.state().presets) || [];
        self.chosen = ko.observable(null);
        self.pointed = ko.observable(null); // the card that the pointer or keyboard is on

        const card = (what, name, testId) => ({
            name: name,
            label: what.label,
            description: what.description,
            icon: Img2Stl.icon(name),
            testId: testId
        });
        self.cards = ko.pureComputed(function () {
            const solid = root.solid.route();
            return known()
                .map((preset) => card(preset, preset.name, "img2stl-preset-" + preset.name))
                .concat(solid ? [card(solid, SOLID, "img2stl-solid3d")] : []);
        });
        const find = (name) => known().find((preset) => preset.name === name) || null;
        const current = () => (root.solid.isChosen() ? SOLID : self.chosen());
        self.isChosen = (card) => card.name === current();
        self.point = (card) => self.pointed(card.name);
        self.unpoint = () => self.pointed(null);
        self.description = ko.pureComputed(function () {
            const name = self.pointed() || current();
            const found = self.cards().find((card) => card.name === name);
            return found ? found.description : "";
        });

        //~~ choosing

        let kept = {}; // what was set under presets that are not chosen at the moment
        let jobId = null;
        // what "undo" goes back to: the preset, or a job's settings that come of none
        const start = ko.observable(null);

        const now = () => _.omit(shape.toJson(), "photo", "photos");
        const fill = (what) =>
            shape.fill(what.route, what.relief, shape.slicing.withProfile(what.slicing));
        const asGiven = (preset) => ({
            route: preset.route,
            relief: preset.params,
            slicing: preset.slicing
        });
        self.choose = function (card) {
            const preset = find(card.name);
            const before = find(self.chosen());
            root.solid.isChosen(card.name === SOLID);
            remember(card.name);
            if (!preset || preset === before) return;
            const old = now();
            const next = kept[preset.name];
            if (before) kept[before.name] = old;
            Img2Stl.frames.input();
            fill(next || asGiven(preset));
            // the owner's width is for a wall or a shelf, but only for a thing of that kind
            const isSameKind =
                old.route === preset.route && old.relief.shape === preset.params.shape;
            const isOwn = !!before && old.relief.width !== before.params.width;
            if (!next && isSameKind && isOwn && old.relief.width) {
                shape.relief.width.set(old.relief.width);
            }
            start(asGiven(preset));
            self.chosen(preset.name);
        };
        self.restore = function () {
            Img2Stl.frames.input();
            fill(start());
        };
        self.isChanged = ko.pureComputed(
            () =>
                !!start() &&
                !root.solid.isChosen() &&
                unlike(start().relief, shape.relief.toJson()) > 0
        );

        //~~ a job that was opened

        // in how many settings they differ
        const unlike = (one, other) =>
            Object.keys(one).filter(
                (name) =>
                    name !== "route" &&
                    other[name] !== undefined &&
                    !_.isEqual(one[name], other[name])
            ).length;
        const nearest = function (what) {
            const alike = known().filter((preset) => preset.route === what.route);
            const same = alike.filter(
                (preset) => preset.params.shape === what.relief.shape
            );
            return _.sortBy(same.length ? same : alike, (preset) =>
                unlike(preset.params, what.relief)
            )[0];
        };
        // after its settings were filled in
        self.load = function (job) {
            jobId = job.id;
            kept = {};
            const what = now();
            const name = remembered()[job.id];
            const stored = find(name);
            root.solid.isChosen(
                Img2Stl.isSolid(job) || (name === SOLID && !!root.solid.route())
            );
            const isStored = !!stored && stored.route === what.route;
            const preset = isStored ? stored : nearest(what);
            self.chosen(preset ? preset.name : null);
            start(isStored ? asGiven(preset) : what);
        };

        const remembered = function () {
            try {
                return JSON.parse(window.sessionStorage.getItem(CHOSEN)) || {};
            } catch (error) {
                return {};
            }
        };
        const remember = function (name) {
            try {
                const all = $.extend(remembered(), {[jobId]: name});
                window.sessionStorage.setItem(CHOSEN, JSON.stringify(all));
            } catch (error) {
                log.debug("Photo to print: no session storage:", error);
            }
        };
    };
})(window.Img2Stl);
