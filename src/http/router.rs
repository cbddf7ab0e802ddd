use axum::{Router, extract::DefaultBodyLimit, middleware};
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    ApiError, AppState, access, accounts, areas, assets, bodies, change, city, commute, compress,
    download, edits, events, features, gaps, guard, health, jobs, layers, norms, nul, openapi,
    questions, reports, scenarios, siting, snapshot, stations, tiles, travel_times, whole, zoning,
};

/// All routes, in the order a reader would ask for them.
pub fn router(state: AppState) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(city::find_city))
        .routes(routes!(city::find_timetable_day))
        .routes(routes!(city::list_faults))
        .routes(routes!(city::list_terms))
        .routes(routes!(events::list_changes))
        .routes(routes!(layers::list_layers))
        .routes(routes!(layers::find_layer))
        .routes(routes!(features::list_features, edits::add_feature))
        .routes(routes!(
            features::find_feature,
            edits::change_feature,
            edits::remove_feature
        ))
        .routes(routes!(edits::list_history))
        .routes(routes!(edits::undo_feature_edit))
        .routes(routes!(edits::make_edits))
        .routes(routes!(layers::list_values))
        .routes(routes!(download::download_layer))
        .routes(routes!(download::find_template))
        .routes(routes!(areas::list_areas))
        .routes(routes!(areas::find_area))
        .routes(routes!(areas::list_calibers))
        .routes(routes!(questions::search_places))
        .routes(routes!(questions::compute_statistics))
        .routes(routes!(questions::list_balance))
        .routes(routes!(questions::list_balance_report))
        .routes(routes!(change::list_change, change::compute_change))
        .routes(routes!(commute::list_commute))
        .routes(routes!(commute::list_flows))
        .routes(routes!(questions::compute_catchments))
        .routes(routes!(stations::list_station_areas))
        .routes(routes!(stations::list_station_coverage))
        .routes(routes!(stations::compute_station_change))
        .routes(routes!(questions::list_coverage))
        .routes(routes!(norms::list_norms))
        .routes(routes!(
            norms::find_norms,
            norms::keep_norms,
            norms::drop_norms
        ))
        .routes(routes!(gaps::list_gaps))
        .routes(routes!(gaps::list_blind_spots))
        .routes(routes!(gaps::list_school_places))
        .routes(routes!(zoning::list_zoning, zoning::compute_zoning))
        .routes(routes!(zoning::list_rules))
        .routes(routes!(zoning::put_rules, zoning::remove_rules))
        .routes(routes!(zoning::list_overrides))
        .routes(routes!(zoning::put_override, zoning::remove_override))
        .routes(routes!(zoning::list_plan))
        .routes(routes!(travel_times::compute_travel_times))
        .routes(routes!(access::compute_access))
        .routes(routes!(
            scenarios::list_scenarios,
            scenarios::create_scenario
        ))
        .routes(routes!(
            scenarios::find_scenario,
            scenarios::describe_scenario,
            scenarios::delete_scenario
        ))
        .routes(routes!(scenarios::add_edits))
        .routes(routes!(scenarios::undo_edit))
        .routes(routes!(scenarios::describe_edit))
        .routes(routes!(scenarios::redo_edit))
        .routes(routes!(
            scenarios::compare_scenario,
            scenarios::compare_scenario_with
        ))
        .routes(routes!(siting::compute_siting))
        .routes(routes!(reports::find_report))
        .routes(routes!(jobs::find_job, jobs::cancel_job))
        .routes(routes!(jobs::find_answer))
        .routes(routes!(jobs::list_events))
        .routes(routes!(tiles::find_tile))
        .routes(routes!(tiles::find_tilejson))
        .routes(routes!(tiles::find_style))
        .routes(routes!(
            accounts::find_session,
            accounts::sign_in,
            accounts::sign_out
        ))
        .routes(routes!(accounts::leave_for_provider))
        .routes(routes!(accounts::return_from_provider))
        .routes(routes!(accounts::accept_invitation))
        .routes(routes!(accounts::change_password))
        .routes(routes!(
            accounts::begin_second_factor,
            accounts::confirm_second_factor
        ))
        .routes(routes!(accounts::list_tokens, accounts::create_token))
        .routes(routes!(accounts::remove_token))
        .routes(routes!(accounts::list_users, accounts::create_user))
        .routes(routes!(accounts::change_user))
        .routes(routes!(accounts::reset_user))
        .routes(routes!(accounts::put_grants))
        .routes(routes!(accounts::find_policy, accounts::put_policy))
        .routes(routes!(accounts::find_protection))
        .routes(routes!(accounts::make_protection_key))
        .routes(routes!(accounts::rotate_protection_key))
        .routes(routes!(accounts::list_audit))
        .routes(routes!(accounts::export_audit))
        .routes(routes!(accounts::check_audit))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .split_for_parts();
    api.merge(openapi::routes(document))
        .fallback(assets::find_asset)
        .method_not_allowed_fallback(|| async { ApiError::WrongMethod })
        .layer(middleware::from_fn_with_state(
            state.clone(),
            snapshot::choose,
        ))
        .layer(middleware::from_fn(nul::refuse))
        .layer(middleware::from_fn_with_state(state.clone(), bodies::admit))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            accounts::enforce,
        ))
        .layer(middleware::from_fn(compress::compress))
        .layer(DefaultBodyLimit::max(bodies::MOST_BYTES))
        .layer(middleware::from_fn(whole::whole))
        .layer(middleware::from_fn_with_state(state.clone(), guard::guard))
        .layer(middleware::from_fn_with_state(state.clone(), health::count))
        .layer(CatchPanicLayer::custom(whole::broken))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}
