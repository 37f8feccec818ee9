(function (Img2Stl) {
    "use strict";

    const ROUTE = "solid3d";
    Img2Stl.ROLES = ["front", "back", "left", "right", "top", "other"];

    // Full 3D: the photos of the job become a solid, here or at an endpoint; several are
    // compared, one of them goes on to be made ready.
    Img2Stl.Solid = function (root) {
        const self = this;
        const job = root.job;

        // {label, description, params, slicing}, null where the server knows nothing of it
        self.route = ko.pureComputed(
            () => ((root.state() && root.state().routes) || {})[ROUTE] || null
        );
        self.isChosen = ko.observable(false); // it is what the photos are to become
        self.isActive = ko.pureComputed(() => !!job() && root.jobs.isActive(job()));

        self.look = new Img2Stl.MeshView(root, {id: "img2stl-solid-view"});
        self.options = new Img2Stl.SolidOptions(root, self);
        self.generators = new Img2Stl.Generators(root, self);
        self.views = new Img2Stl.SolidViews(root, self);
        self.candidates = new Img2Stl.Candidates(root);
        self.generating = new Img2Stl.Generating(root, self.candidates);
        self.generate = new Img2Stl.Generate(root, self);

        //~~ the job's parameters

        let loadedFor = null;

        const solidJson = function () {
            const given = (job().params && job().params.solid) || {};
            return $.extend(
                {},
                self.route().params.solid,
                _.pick(given, "candidate"),
                self.options.toJson(),
                {endpoint: self.generators.chosenId(), roles: self.views.toJson()}
            );
        };
        self.toJson = function () {
            const crop = root.photo.crop;
            const given = job().params;
            const ofMesh = Img2Stl.isSolid(job())
                ? root.meshShape.settingsOf(job()) || _.pick(given, "mesh", "slicing")
                : {mesh: self.route().params.mesh, slicing: self.route().slicing};
            return $.extend(
                {
                    route: ROUTE,
                    photo: crop.toJson(),
                    photos: crop.othersToJson(),
                    solid: solidJson()
                },
                ofMesh
            );
        };
        // once per opened job: later answers about it must not undo what is being typed
        self.load = function (job) {
            self.candidates.take(job);
            self.generating.take(job);
            if (loadedFor === job.id || job.kind === "mesh" || !job.params) return;
            if (!self.route()) return;
            const given = $.extend({}, self.route().params.solid, job.params.solid);
            loadedFor = job.id;
            self.generate.forget();
            self.options.fromJson(given);
            self.generators.choose(given.endpoint);
            self.views.fromJson(given.roles);
            self.isSetUp(!(job.candidates || []).length);
            // who made something of it changes that, who did not compares first
            wantsReady(!!job.mesh && !["draft", "generating"].includes(job.state));
        };
        self.forget = function () {
            loadedFor = null;
            self.isChosen(false);
            wantsReady(false);
            self.generate.forget();
            self.views.cutOuts.forget();
            self.generating.take(null);
            self.candidates.take(null);
        };

        //~~ which of its two pages is shown

        const wantsReady = ko.observable(false);
        self.hasMesh = ko.pureComputed(() => Img2Stl.isSolid(job()) && !!job().mesh);
        self.isGettingReady = ko.pureComputed(
            () => self.isChosen() && wantsReady() && self.hasMesh()
        );
        const turnTo = function (ready) {
            wantsReady(ready);
            root.stepper.arrive();
        };
        self.goOn = () => turnTo(true);
        self.goBack = () => turnTo(false);
        // from the photos, which are what this page is about
        self.fromPhotos = function () {
            wantsReady(false);
            root.show("shape");
        };

        //~~ photos, generator and settings are folded away once there is something to see

        self.isSetUp = ko.observable(true);
        self.folded = function (data, event) {
            self.isSetUp(event.target.open);
        };
        self.summary = ko.pureComputed(function () {
            const generator = self.generators.chosen();
            const count = self.views.rows().length;
            return [
                _.sprintf(ngettext("%(count)d photo", "%(count)d photos", count), {
                    count: count
                }),
                generator ? generator.label : "",
                self.options.summary()
            ]
                .filter((part) => part)
                .join(", ");
        });

        //~~ the chosen one, from every angle

        self.sizeText = ko.pureComputed(() => root.meshShape.preview.sizeText());
        self.isLookStale = ko.pureComputed(() => root.meshShape.preview.isStale());
        ko.computed(() => self.look.isBusy(self.hasMesh() && self.isLookStale()));
        self.lookProblem = ko.pureComputed(() =>
            self.hasMesh() ? root.meshShape.problem() : null
        );
    };
})(window.Img2Stl);
