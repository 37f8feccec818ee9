(function (Img2Stl) {
    "use strict";

    // The one part of the settings page that needs more than a binding.
    Img2Stl.SlicerSettings = function Img2StlSlicerSettingsViewModel(parameters) {
        const self = this;
        const settings = parameters[0];
        const loginState = parameters[1];

        // the page's observables come after us
        const path = function (observable) {
            return ko.pureComputed({
                read: () => observable()(),
                write: (value) => observable()(value)
            });
        };
        self.prusaSlicer = path(() => settings.settings.plugins.img2stl.prusaslicer_path);
        self.curaEngine = path(() => settings.settings.plugins.img2stl.curaengine_path);
        self.definitions = path(() => settings.settings.plugins.img2stl.cura_definitions);
        self.locked = ko.observable(true);
        self.testing = ko.observable(false);
        self.found = ko.observableArray([]);

        self.unlock = function (name) {
            loginState.reauthenticateIfNecessary(function () {
                self.locked(false);
                Img2Stl.focus("#settings_img2stl_" + name);
            });
        };

        // One slicer is enough: that another one is not installed is no error then.
        const toRow = function (slicer, index, all) {
            if (slicer.problem) {
                const another = (all || []).some((each) => !each.problem);
                const missing = slicer.problem.code === "slicing.not_installed";
                return {
                    icon: Img2Stl.severityIcon(another && missing ? "info" : "error"),
                    text: slicer.problem.message
                };
            }
            return {
                icon: "fas fa-check-circle text-success",
                text: _.sprintf(gettext("%(label)s %(version)s is here."), {
                    label: slicer.label,
                    version: slicer.version || ""
                })
            };
        };
        self.test = function () {
            self.testing(true);
            self.found([]);
            OctoPrint.plugins.img2stl
                .testSlicers()
                .done((answer) => self.found(answer.slicers.map(toRow)))
                .fail((xhr) => self.found([toRow({problem: Img2Stl.failure(xhr)})]))
                .always(() => self.testing(false));
        };

        self.onSettingsShown = function () {
            self.locked(true);
            self.found([]);
        };
    };

    OCTOPRINT_VIEWMODELS.push({
        construct: Img2Stl.SlicerSettings,
        dependencies: ["settingsViewModel", "loginStateViewModel"],
        elements: ["#settings_plugin_img2stl_slicer"]
    });
})(window.Img2Stl);
