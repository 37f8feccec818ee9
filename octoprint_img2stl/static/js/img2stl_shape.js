(function (Img2Stl) {
    "use strict";

    // sets one of the choices of a slice, as a problem's fix has it; says whether it was there
    Img2Stl.fixSlicing = function (slicing, key, value) {
        const choice = slicing.choices().find((candidate) => candidate.name === key);
        if (choice) {
            choice.value(value === null ? Img2Stl.AUTOMATIC : String(value));
        } else if (key === slicing.walls.key) {
            slicing.walls.set(value);
        } else {
            return slicing.advice.fix(key, value);
        }
        return true;
    };
    // whether nobody has chosen anything for a job's slice yet; usual: the route's settings
    Img2Stl.isUntouched = (job, slicing, usual) =>
        ["opening", "draft"].includes(job.state) && _.isEqual(slicing, usual);

    const RELIEF = "relief"; // the route that a photo begins with

    // The step in which the photo gets its shape: a preset, its settings, the preview, Make.
    Img2Stl.Shape = function (root) {
        const self = this;
        const crop = root.photo.crop;
        const state = () => root.state() || {};

        self.route = ko.observable(RELIEF);
        self.isLithophane = ko.pureComputed(() => self.route() === "lithophane");
        self.relief = new Img2Stl.ReliefSettings(root, {isLithophane: self.isLithophane});
        self.slicing = new Img2Stl.SliceSettings(root, self.route);

        //~~ the job's parameters as a whole

        let loadedFor = null;

        self.toJson = function () {
            return {
                route: self.route(),
                photo: crop.toJson(),
                photos: crop.othersToJson(),
                relief: self.relief.toJson(),
                slicing: self.slicing.toJson()
            };
        };
        self.fill = function (route, relief, slicing) {
            self.route(route);
            self.relief.fromJson(relief);
            self.slicing.fromJson(slicing);
        };
        const withDefaults = function (given) {
            // a solid has no relief; this is what the photo is offered as then
            const params = Img2Stl.isSolid({params: given}) ? {route: RELIEF} : given;
            const route = (state().routes || {})[params.route] || {};
            return [
                params.route,
                $.extend({}, route.params, params.relief),
                $.extend({}, route.slicing, params.slicing)
            ];
        };

        // once per opened job: later answers about it must not undo what is being typed
        self.load = function (job) {
            if (loadedFor === job.id || !job.params || job.kind === "mesh") return;
            const [route, relief, slicing] = withDefaults(job.params);
            loadedFor = job.id;
            self.problems.forget();
            self.preview.forget();
            root.photos.select(root.photos.FIRST);
            crop.fromJson(job.params.photo, job.params.photos);
            self.slicing.profile.forget();
            self.fill(route, relief, slicing);
            const usual = (state().routes[route] || {}).slicing;
            if (Img2Stl.isUntouched(job, slicing, usual)) {
                self.slicing.takeUsualProfile();
            }
            self.presets.load(job);
        };
        self.forget = function () {
            loadedFor = null;
            self.preview.forget();
        };

        //~~ problems, at their setting where there is one

        const allOptions = self.relief.all.concat(
            self.slicing.walls,
            self.slicing.advice.testPrint.scale
        );
        self.isValid = ko.pureComputed(
            () => !allOptions.some((option) => option.isShown() && option.localProblem())
        );
        const optionOf = function (problem) {
            const key = (problem.field || "").split(".").pop();
            return allOptions.find((option) => option.key === key && option.isShown());
        };
        self.problems = new Img2Stl.StepProblems(allOptions, optionOf);
        self.problem = self.problems.general;
        const goTo = self.problems.goTo;

        // what a problem offers to set
        self.applyFix = function (field, suggest) {
            const [area, key] = (field || "").split(".");
            const option = self.relief.all.find((each) => each.key === (key || area));
            Img2Stl.frames.input();
            if (area === "slicing") {
                return Img2Stl.fixSlicing(self.slicing, key, suggest);
            }
            if (option) option.set(suggest);
            return !!option;
        };

        self.presets = new Img2Stl.Presets(root, self);
        self.preview = new Img2Stl.Preview(root, self);

        //~~ make

        self.making = ko.observable(false);
        self.canMake = ko.pureComputed(function () {
            const job = root.job();
            return (
                !!job &&
                self.preview.isReady() &&
                !self.making() &&
                root.can("create") &&
                !!(job.can && job.can.make)
            );
        });
        self.make = function () {
            if (!self.canMake()) return;
            if (!self.isValid()) {
                goTo(
                    allOptions.find((option) => option.isShown() && option.hasProblem())
                );
                return;
            }
            self.making(true);
            self.problem(null);
            OctoPrint.plugins.img2stl
                .make(root.job().id, self.toJson())
                .done((answer) => root.adopt(answer.job))
                .fail(function (xhr) {
                    root.show("shape");
                    goTo(self.problems.show(Img2Stl.failure(xhr)));
                })
                .always(() => self.making(false));
        };
    };
})(window.Img2Stl);
